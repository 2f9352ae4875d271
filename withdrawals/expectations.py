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
    yield "whether the recipient can be paid there"
    if row.rail == Withdrawal.Rail.STELLAR:
        own = wallets.held_by(book=row.book_id, holder=row.user_id)
        payer = own or wallets.treasury(row.book_id)
        postings.completed_on_chain(row, payer=payer.address, by=SYSTEM)
    else:
        postings.completed(row, _paid(row), by=SYSTEM)
        yield "the provider's fee, which the recipient bears"


def _paid(row: Withdrawal) -> Payout:
    """As Airtm will show it, before a fee that nobody knows yet."""
    return Payout(
        reference="",
        code=row.id,
        status=PayoutStatus.COMPLETED,
        amount=row.amount,
        net_amount=row.amount,
        fee=0,
        recipient_email=row.email,
        reason_code="",
        reason="",
    )
