"""Limits: no signature moves more USDC than our books say the wallet holds.

Whoever gets our own code to ask for a payment that nobody owes still meets the books.
"""

from integrations.providers.intents import FundEscrow, Intent, PayUsdc
from integrations.providers.models import Wallet
from ledger import chart
from ledger.models import Account


class Exceeded(Exception):
    """The intent would move more than the wallet holds; the message says how much."""


def check(intent: Intent, *, wallet: Wallet) -> None:
    """Raises `Exceeded`."""
    if not isinstance(intent, PayUsdc | FundEscrow):
        return  # it moves nothing of the signer's
    held = _held(wallet)
    if intent.amount > held:
        raise Exceeded(f"it moves {intent.amount} stroops, and the books hold {held}")


def _held(wallet: Wallet) -> int:
    name = chart.wallet(wallet.address)
    rows = Account.objects.of(wallet.book_id).filter(kind=name.kind, subject=name.subject)
    return sum(rows.values_list("balance", flat=True))
