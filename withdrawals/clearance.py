"""Clearance: a large withdrawal is paid only once an operator has agreed to it.

It waits COMMITTED, its money set aside, with an open approval that the system has asked for.
"""

from contextlib import suppress

from integrations.marketplaces.models import Marketplace
from ledger import approvals, money
from ledger.approvals import AlreadyAskedFor
from ledger.events import SYSTEM
from withdrawals.models import Withdrawal

ACT = "let-payout-go"


def is_given(withdrawal: Withdrawal) -> bool:
    """Whether it may be claimed; if not yet, somebody is asked, and asked again past expiry."""
    above = Marketplace.objects.get(book_id=withdrawal.book_id).payout_approval_above
    if above is None or withdrawal.amount <= above:
        return True
    if approvals.is_granted(book=withdrawal.book_id, act=ACT, subject=str(withdrawal.pk)):
        return True
    with suppress(AlreadyAskedFor):
        approvals.ask_for(
            act=ACT,
            record=withdrawal,
            answers={},
            amount=withdrawal.amount,
            reason=f"More than {money.text(above)} leaves at once.",
            by=SYSTEM,
        )
    return False
