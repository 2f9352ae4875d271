"""Money out: what a user asked to be paid, and where the paying stands.

Nothing is set aside before COMMITTED; from then on the money stands in `paying_out` until the
provider has said for certain that it is paid or that it never will be. What comes back after it
was paid is a `PayoutReturn`.
"""

from withdrawals.models.returns import PayoutReturn
from withdrawals.models.withdrawals import Withdrawal

__all__ = ["PayoutReturn", "Withdrawal"]
