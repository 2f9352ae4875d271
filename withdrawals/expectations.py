"""What the outcome of an act on a withdrawal would move: the answer to a dry run."""

from collections.abc import Iterable

from ledger.events import SYSTEM
from withdrawals import postings
from withdrawals.models import Withdrawal


def payout(row: Withdrawal) -> Iterable[str]:
    """Paid out over its rail once it is committed; the recipient bears Airtm's fee."""
    if row.status != Withdrawal.Status.COMMITTED:
        postings.committed(row, by=SYSTEM)
    postings.completed(row, by=SYSTEM)
    yield "whether the recipient can be paid there"
    yield "the provider's fee, which the recipient bears"
