"""Money in (top-ups and deposits), and what it is for (orders).

A top-up asks Airtm for a payment and is credited with what Airtm says has arrived; a deposit was
asked for by nobody and is seen on the chain. An order names a buyer, a seller and an amount; its
rate and fee bearer are copied when it is made, so that later settings change nothing. What holds
the money while an order is under way is the escrow, one room up. Milestones are pieces of an order
with amounts and statuses of their own.
"""

from payments.models.deposits import Deposit
from payments.models.milestones import Milestone
from payments.models.orders import Order, Party
from payments.models.topups import TopUp

__all__ = ["Deposit", "Milestone", "Order", "Party", "TopUp"]
