"""What the outcome of an act on an escrow would move: the answer to a dry run."""

from collections.abc import Iterable

from escrow import endings, postings, stakes
from escrow.models import Dispute
from escrow.stakes import Goal
from ledger.events import SYSTEM
from payments.models import Order
from payments.orders import Deal

WHERE_IT_STANDS = "whether the contract stands where we believe"


def checkout(order: Order) -> Iterable[str]:
    """The whole amount goes into the contract, from the buyer's wallet or the treasury's."""
    yield "whether Trustless Work deploys the contract"
    yield from funding(order)


def funding(order: Order) -> Iterable[str]:
    """The whole amount goes into the contract that there is."""
    escrow = stakes.live(order)
    postings.funded(escrow, funder=escrow.buyer_wallet.address, by=SYSTEM)
    yield "which wallet pays: the treasury's, if the buyer's does not hold enough"


def release(deal: Deal) -> Iterable[str]:
    """The seller gets the rest after both fees."""
    return _settlement(deal, Goal.RELEASE)


def refund(deal: Deal) -> Iterable[str]:
    """The buyer gets everything, or the rest after both fees, as was agreed."""
    return _settlement(deal, Goal.REFUND)


def decision(dispute: Dispute) -> Iterable[str]:
    """Both get what was decided, less the fees."""
    return _settlement(dispute.milestone or dispute.order, Goal.RESOLVE)


def _settlement(deal: Deal, goal: Goal) -> Iterable[str]:
    endings.foresee(stakes.locked(deal), goal)
    yield WHERE_IT_STANDS
