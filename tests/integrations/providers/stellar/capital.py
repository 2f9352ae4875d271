"""Capital: USDC that the books say a wallet holds; no key signs for more."""

from django.db import transaction

from integrations.providers.models import Wallet
from ledger import chart
from ledger.events import SYSTEM
from ledger.fields import new_id
from withdrawals import postings


def bring_in(wallet: Wallet, amount: int) -> None:
    """`amount` in stroops, as an approved opening balance."""
    account, approval = chart.wallet(wallet.address), new_id("apr")
    with transaction.atomic():
        chart.open_accounts(wallet.book_id, [chart.ADJUSTMENTS])
        postings.debited(wallet.book_id, account, amount, approval=approval, by=SYSTEM)
