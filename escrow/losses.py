"""Losses: a contract holds less than it owes; the platform bears what is gone, and the order ends
without its contract, when two operators say so."""

from escrow import foreign, postings, stakes
from escrow.postings import Seen
from escrow.surpluses import Changed
from ledger import balances, chart
from ledger.events import Actor
from ledger.refusals import Conflict
from payments.models import Party


class EndsByMilestone(Conflict):
    """The money of this contract is in milestones: settle those that it can still pay."""

    code = "CONTRACT_HAS_MILESTONES"


def bear(escrow_id: str, *, booked: int, left: int, paid_to: str, by: Actor) -> None:
    """Pay the whole amount to one side out of the platform's own money; no commission is taken.

    `booked` stroops should have been in the contract when it was compared and `left` are: those
    stay in it as a surplus. Joins the caller's transaction. Raises `Changed`, `EndsByMilestone`,
    `StepUnderWay`, and `NotReady` if it is settled already.
    """
    stake = stakes.at_rest(stakes.of(escrow_id))
    escrow = stake.escrow
    if escrow.milestones:
        raise EndsByMilestone
    held = balances.of(escrow.book_id, chart.contract(escrow.id))
    known = balances.of(escrow.book_id, chart.surplus(escrow.id))
    if (held, known) != (booked, booked - escrow.amount):
        raise Changed
    to_buyer = stake.amount if paid_to == Party.BUYER else 0
    seen = Seen(to_buyer=to_buyer, to_seller=stake.amount - to_buyer)
    kind = foreign.end(stake, seen, by=by)
    postings.lost(stake, kind, seen, gone=held - left, by=by)
