"""What the outcome of an act on a withdrawal would move: the answer to a dry run."""

from collections.abc import Iterable

from integrations.providers.ports import Payout, PayoutStatus
from integrations.providers.stellar import wallets
from ledger.events import SYSTEM
from withdrawals import postings
from withdrawals.models import Withdrawal


def payout(row: Withdrawal) -> Iterable[str]:
    """Paid out over its rail once it is committed; the recipient bears Airtm's fee."""
    if row.status != Withdrawal.Status.COMMITTED:
        postings.committed(row, by=SYSTEM)
    if row.rail == Withdrawal.Rail.STELLAR:
        postings.completed_on_chain(row, payer=_payer(row), by=SYSTEM)
        yield "whether the account exists, trusts USDC and takes it without a memo"
    else:
        postings.completed(row, _paid(row), by=SYSTEM)
        yield "whether the recipient can be paid there"
        yield "the provider's fee, which the recipient bears"


def cancellation(row: Withdrawal) -> Iterable[str]:
    """The money is the user's again: at once, or when Airtm has agreed."""
    if row.status == Withdrawal.Status.CANCELING:
        postings.failed(row, by=SYSTEM)
        yield "whether Airtm cancels it, or the recipient is faster"


def _payer(row: Withdrawal) -> str:
    """The user's own wallet, if there is one by now; it is made when it is first needed."""
    wallet = wallets.held_by(book=row.book_id, holder=row.user_id)
    return str(wallet.address) if wallet else ""


def _paid(row: Withdrawal) -> Payout:
    return Payout(
        reference="",
        code=str(row.id),
        status=PayoutStatus.COMPLETED,
        amount=row.amount,
        net_amount=row.amount,
        fee=0,
        recipient_email=row.email,
        reason_code="",
        reason="",
    )
