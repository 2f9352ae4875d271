"""Covering: out of which wallet a withdrawal is paid, promised before anybody is asked.

It is always the user's own wallet that pays. Where it holds too little, the treasury covers the
amount first, and the cover's arrival promises it to the payment.
"""

from typing import Any

from django.db import transaction

from integrations.marketplaces import users
from integrations.providers.answers import STELLAR
from integrations.providers.intents import MemoType, PayUsdc
from integrations.providers.models import Wallet
from integrations.providers.stellar import wallets
from ledger import allocations, chart, clock
from ledger.findings import find, resolve
from ledger.models import Allocation
from withdrawals.models import Withdrawal
from withdrawals.stellar_outcomes import COVER, PAY

SHORT = "treasury_short"


def claim(withdrawal: Withdrawal, **found: Any) -> bool:
    """Promise the amount out of the user's wallet, or else of the treasury, and keep what was
    `found` of the destination; False while neither holds enough or the wallet is not there yet.
    """
    try:
        with transaction.atomic():
            users.acting(withdrawal.user_id)
            withdrawal = withdrawal.locked()
            own = _own(withdrawal)
            if withdrawal.status != withdrawal.Status.COMMITTED or not _is_usable(own):
                return False
            if not (_promise(withdrawal, own) or _promise(withdrawal, _treasury(withdrawal))):
                report_shortage(withdrawal)
                return False
            withdrawal.note("claimed", by=STELLAR, asked_at=clock.now(), **found)
    except users.REFUSALS:
        return False  # an act, and it waits
    return True


def next_step(withdrawal: Withdrawal) -> tuple[str, PayUsdc]:
    """What the promise that stands is for: the cover, or the payment."""
    own = _own(withdrawal)
    promised = Allocation.across_books.select_related("account").get(
        operation=withdrawal.pk, closed_at=None
    )
    if promised.account.subject == own.address:
        return PAY, PayUsdc(
            signer=own.address,
            destination=withdrawal.resolved_address,
            amount=withdrawal.amount,
            memo=withdrawal.memo,
            memo_type=MemoType(withdrawal.memo_type),
        )
    return COVER, PayUsdc(
        signer=promised.account.subject, destination=own.address, amount=withdrawal.amount
    )


def report_shortage(withdrawal: Withdrawal) -> None:
    """The withdrawal waits, and money has to be brought; nobody is turned away for it."""
    find(
        book=withdrawal.book_id,
        kind=SHORT,
        subject=str(withdrawal.id),
        trail=withdrawal.trail,
        expected={"free_at_least": withdrawal.amount},
        amount=withdrawal.amount,
    )


def forget_shortage(withdrawal: Withdrawal, *, story: str) -> None:
    """It waits for no money any more; in the transaction that says why."""
    subject = str(withdrawal.id)
    resolve(book=withdrawal.book_id, kind=SHORT, subject=subject, story=story)


def _own(withdrawal: Withdrawal) -> Wallet:
    """The user's wallet; made now, if this is what it is first needed for."""
    book, holder = withdrawal.book_id, withdrawal.user_id
    if found := wallets.held_by(book=book, holder=holder):
        return found
    return wallets.ensure(book=book, holder=holder, by=STELLAR)


def _is_usable(own: Wallet) -> bool:
    return own.status == own.Status.READY and not own.frozen_at


def _treasury(withdrawal: Withdrawal) -> Wallet:
    return wallets.treasury(withdrawal.book_id)


def _promise(withdrawal: Withdrawal, wallet: Wallet) -> bool:
    if wallet.frozen_at:
        return False
    try:
        with transaction.atomic():
            allocations.open_for(
                book=withdrawal.book_id,
                name=chart.wallet(wallet.address),
                operation=str(withdrawal.id),
                amount=withdrawal.amount,
            )
    except allocations.NothingFree:
        return False
    return True
