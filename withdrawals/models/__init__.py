"""Money out: what a user asked to be paid, where the paying stands, and our own money on the move.

Nothing is set aside before COMMITTED; from then on the money stands in `paying_out` until the
provider has said for certain that it is paid or that it never will be. What comes back after it
was paid is a `PayoutReturn`. A treasury move is nobody's claim: it takes money that is ours to
place from one place of ours to another.
"""

from withdrawals.models.returns import PayoutReturn
from withdrawals.models.treasury import TreasuryMove
from withdrawals.models.withdrawals import MEMO_TYPES, Withdrawal

__all__ = ["MEMO_TYPES", "PayoutReturn", "TreasuryMove", "Withdrawal"]
