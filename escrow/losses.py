"""Losses: a contract holds less than it owes; the platform bears what is gone, and the order ends
without its contract, when two operators say so."""

from collections.abc import Collection

from escrow import foreign, postings, stakes, surpluses
from escrow.models import Escrow
from escrow.postings import Seen
from escrow.stakes import Stake
from escrow.surpluses import Changed
from ledger import balances, chart
from ledger.events import Actor
from ledger.refusals import Refusal
from payments.models import Milestone, Party


class NoSuchMilestone(Refusal):
    """The contract has no such milestone that is still to be settled."""

    code = "NO_SUCH_MILESTONE"


def bear(
    escrow_id: str, *, booked: int, left: int, paid_to: str, others: Collection[str], by: Actor
) -> None:
    """Pay what is not settled to one side out of the platform's own money; no commission is taken.

    Of milestones, `others` (their refs) go to the other side. `booked` stroops should have been in
    the contract when it was compared and `left` are: those stay in it as a surplus. Joins the
    caller's transaction. Raises `Changed`, `NoSuchMilestone` and `StepUnderWay`.
    """
    whole = stakes.at_rest(stakes.of(escrow_id))
    open_ones = [stakes.at_rest(stake) for stake in _open(whole)]
    if unknown := set(others) - {stake.milestone.ref for stake in open_ones if stake.milestone}:
        raise NoSuchMilestone(refs=sorted(unknown))
    _require_unchanged(whole.escrow, open_ones, booked=booked)
    gone = booked - left
    if not open_ones:  # all is settled: it was nobody's
        postings.surplus_lost(whole.escrow, gone, cause=f"{whole.id}/{booked}/{left}", by=by)
    for stake in open_ones:
        is_last = stake is open_ones[-1]
        taken = gone if is_last else min(gone, stake.amount)
        _end(stake, _paid(stake, paid_to, others), gone=taken, by=by)
        gone -= taken
    if open_ones and whole.escrow.milestones:
        surpluses.leave(whole)  # it ends no more, so nobody is asked for what is left in it


def _open(whole: Stake) -> list[Stake]:
    """What the contract owes still: all of its money, or its milestones one by one."""
    if whole.escrow.status in (*Escrow.SETTLED, Escrow.Status.FAILED):
        return []
    if not whole.escrow.milestones:
        return [whole]
    pieces = Milestone.across_books.filter(order=whole.escrow.order_id).order_by("place")
    return [Stake(whole.escrow, piece) for piece in pieces.exclude(status__in=Milestone.SETTLED)]


def _require_unchanged(escrow: Escrow, open_ones: list[Stake], *, booked: int) -> None:
    held = balances.of(escrow.book_id, chart.contract(escrow.id))
    known = balances.of(escrow.book_id, chart.surplus(escrow.id))
    if (held, held - known) != (booked, sum(stake.amount for stake in open_ones)):
        raise Changed


def _paid(stake: Stake, paid_to: str, others: Collection[str]) -> Seen:
    is_other = stake.milestone is not None and stake.milestone.ref in others
    is_buyers = (paid_to == Party.BUYER) != is_other
    return Seen(**{"to_buyer" if is_buyers else "to_seller": stake.amount})


def _end(stake: Stake, paid: Seen, *, gone: int, by: Actor) -> None:
    stake = stakes.relocked(stake)  # the one before may have closed what they share
    kind = foreign.end(stake, paid, by=by)
    postings.lost(stake, kind, paid, gone=gone, by=by)
