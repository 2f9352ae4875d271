"""What the outcome of an act on an escrow would move: the answer to a dry run."""

from collections.abc import Iterable

from escrow import endings, postings, stakes, steps
from escrow.models import Dispute
from escrow.stakes import Goal, Stake
from ledger.events import SYSTEM
from payments.models import Milestone, Order


def checkout(order: Order) -> Iterable[str]:
    """The whole amount goes into the contract, from the buyer's wallet or the treasury's."""
    escrow = stakes.live(order)
    postings.funded(escrow, funder=escrow.buyer_wallet.address, by=SYSTEM)
    yield "whether Trustless Work deploys the contract"
    yield "which wallet pays: the treasury's, if the buyer's does not hold enough"


def settlement(deal: Order | Milestone) -> Iterable[str]:
    """A release or a refund that is asked for: who gets what after both fees."""
    return _ending(stakes.about(deal))


def resolution(dispute: Dispute) -> Iterable[str]:
    """A dispute that is decided: who gets what of it after both fees."""
    return _ending(stakes.about(dispute.milestone or dispute.order))


def _ending(stake: Stake) -> Iterable[str]:
    """As `endings.settle` will book it, if the contract does as it is told."""
    goal = stake.goal
    assert goal is not None  # the act that is rehearsed has just asked for it
    purpose = steps.RESOLVE if goal != Goal.RELEASE or stake.is_raised else steps.RELEASE
    seen = endings.expected(stake, goal, purpose)
    postings.settled(
        stake,
        endings.ending_of(stake, goal).transfer,
        seen,
        buyer_due=endings.buyer_due(stake, goal, seen),
        by=SYSTEM,
    )
    yield "whether the contract stands where we believe"
