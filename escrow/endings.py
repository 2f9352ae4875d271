"""Endings: what left the contract is posted as it was seen, and what it settled is closed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from escrow import freezing, obstacles, postings, stakes, steps
from escrow.models import Dispute, Escrow
from escrow.postings import REFUND, RELEASE, SPLIT, Seen
from escrow.stakes import Goal, Stake
from integrations.providers.answers import STELLAR
from integrations.providers.models import Submission
from integrations.providers.ports import Movement
from integrations.providers.stellar.networks import network
from ledger import balances, chart, money
from ledger.events import Actor
from payments.models import Milestone, Order


@dataclass(frozen=True, slots=True)
class Ending:
    """In what way something ended: the kind of its transfer, and the statuses that say so."""

    transfer: str
    outcome: str  # of the order, and the status of a milestone
    escrow: str


_ASKED = {
    Goal.RELEASE: Ending(RELEASE, Order.Outcome.RELEASED, Escrow.Status.RELEASED),
    Goal.REFUND: Ending(REFUND, Order.Outcome.REFUNDED, Escrow.Status.REFUNDED),
}
_DECIDED = {
    Dispute.Decision.FULL_RELEASE: Ending(RELEASE, Order.Outcome.RELEASED, Escrow.Status.RESOLVED),
    Dispute.Decision.FULL_REFUND: Ending(REFUND, Order.Outcome.REFUNDED, Escrow.Status.RESOLVED),
    Dispute.Decision.SPLIT: Ending(SPLIT, Order.Outcome.SPLIT, Escrow.Status.RESOLVED),
}


def settle(stake: Stake, last: Submission, told: Sequence[Movement]) -> bool:
    """Book what was seen and close what it was about; what differs is found and freezes."""
    seen = _legs(stake.escrow, told)
    with transaction.atomic():
        stake = stakes.relocked(stake)
        goal = stake.goal
        assert goal is not None  # whoever claimed the step had one, and only this ends it
        ending, expected = _ending(stake, goal), _expected(stake, goal, last.purpose)
        due = _buyer_due(stake, goal, seen, expected)
        if goal == Goal.RESOLVE:
            stake.dispute().locked().advance(Dispute.Status.RESOLVED, by=STELLAR)
        _close(stake, ending)
        postings.settled(stake, ending.transfer, seen, buyer_due=due, by=STELLAR)
        stake.take_in(last)
        if seen != expected:
            freezing.freeze(stake, f"{ending.transfer}_differs", _told(expected), _told(seen))
    return True


def end(stake: Stake, ending: Ending, *, by: Actor) -> None:
    """Close a locked stake of whose contract nothing is asked: it ended in another way."""
    if stake.escrow.status == Escrow.Status.RESOLVING:
        ending = replace(ending, escrow=Escrow.Status.RESOLVED)
    _close(stake, ending, by=by)


def as_seen(seen: Seen) -> Ending:
    """What a division comes to, whoever has done it."""
    if seen.to_buyer and seen.to_seller:
        return _DECIDED[Dispute.Decision.SPLIT]
    return _ASKED[Goal.REFUND if seen.to_buyer else Goal.RELEASE]


def told_apart(escrow: Escrow, payments: Iterable[tuple[str, int]]) -> Seen:
    """What left the contract, each an address and an amount, told apart by address."""
    places = _places(escrow)
    sums = dict.fromkeys(Seen.__slots__, 0)
    for target, amount in payments:
        sums[places.get(target, "to_strangers")] += amount
    return Seen(**sums)


def withdraw(stake: Stake, last: Submission, told: Sequence[Movement]) -> bool:
    """Book what was left in a contract, and is with the treasury now."""
    seen = _legs(stake.escrow, told)
    with transaction.atomic():
        stake = stakes.relocked(stake)
        expected = _divided(stake.escrow, {stake.escrow.treasury_wallet.address: _surplus(stake)})
        postings.surplus_withdrawn(stake.escrow, seen, cause=last.id, by=STELLAR)
        stake.take_in(last)
        if seen != expected:
            freezing.freeze(stake, "surplus_differs", _told(expected), _told(seen))
    return True


def foresee(stake: Stake, goal: Goal) -> None:
    """Post what the goal comes to if the contract is as our books say: for a dry run."""
    is_released = goal == Goal.RELEASE and not stake.is_raised
    expected = _expected(stake, goal, steps.RELEASE if is_released else steps.RESOLVE)
    due = _buyer_due(stake, goal, expected, expected)
    kind = _ending(stake, goal).transfer
    postings.settled(stake, kind, expected, buyer_due=due, by=STELLAR)


def _ending(stake: Stake, goal: Goal) -> Ending:
    return _ASKED.get(goal) or _DECIDED[Dispute.Decision(stake.dispute().decision)]


def _close(stake: Stake, ending: Ending, *, by: Actor = STELLAR) -> None:
    if stake.milestone is None:
        order = stake.escrow.order
        order.advance(Order.Status.CLOSED, by=by, outcome=ending.outcome)
        stake.escrow.advance(ending.escrow, by=by)
    else:
        stake.milestone.advance(ending.outcome, by=by)
        _close_with_the_last(stake.escrow)


def _close_with_the_last(escrow: Escrow) -> None:
    """The order is locked, so that of two last milestones one finds the other settled."""
    rows = Milestone.across_books.filter(order=escrow.order_id)
    if rows.exclude(status__in=Milestone.SETTLED).exists():
        return
    ways = set(rows.values_list("status", flat=True))
    outcome = ways.pop() if len(ways) == 1 else Order.Outcome.MIXED
    escrow.order.advance(Order.Status.CLOSED, by=STELLAR, outcome=outcome)
    alike = {Order.Outcome.RELEASED: Escrow.Status.RELEASED,
             Order.Outcome.REFUNDED: Escrow.Status.REFUNDED}  # fmt: skip
    escrow.advance(alike.get(Order.Outcome(outcome), Escrow.Status.RESOLVED), by=STELLAR)


def _legs(escrow: Escrow, told: Sequence[Movement]) -> Seen:
    left = [move for move in told if move.source == escrow.contract_id]
    return told_apart(escrow, [(move.target, move.amount) for move in left])


def _places(escrow: Escrow) -> dict[str, str]:
    return {
        escrow.seller_wallet.address: "to_seller",
        escrow.buyer_wallet.address: "to_buyer",
        escrow.treasury_wallet.address: "to_treasury",
        escrow.fees_wallet.address: "to_fees",
        network().protocol_fee_address: "to_protocol",
    }


def _expected(stake: Stake, goal: Goal, purpose: str) -> Seen:
    """What the step should have moved, to the last stroop."""
    escrow = stake.escrow
    if purpose == steps.RELEASE:
        share = money.released(stake.amount, platform_bps=escrow.platform_fee_bps)
        return Seen(to_seller=share.net, to_fees=share.platform, to_protocol=share.protocol)
    return _divided(escrow, steps.shares(stake, goal, surplus=_surplus(stake)))


def _surplus(stake: Stake) -> int:
    return balances.of(stake.book_id, chart.surplus(stake.escrow.id))


def _divided(escrow: Escrow, given: dict[str, int]) -> Seen:
    """What a division of the money should move: by address, after both fees."""
    divided = money.shared(given, platform_bps=escrow.platform_fee_bps)
    places = _places(escrow)
    legs = {places[to]: share.net for to, share in divided.items()}
    fees = sum(share.platform for share in divided.values())
    protocol = sum(share.protocol for share in divided.values())
    return Seen(**legs, to_fees=fees, to_protocol=protocol)


def _buyer_due(stake: Stake, goal: Goal, seen: Seen, expected: Seen) -> int:
    """What arrived, or the whole share where the platform makes the buyer whole.

    Of what is not as expected nobody is owed more than was seen.
    """
    if seen != expected or not obstacles.buyer_is_made_whole(stake):
        return seen.to_buyer
    given = steps.shares(stake, goal, surplus=0)
    return given.get(stake.escrow.buyer_wallet.address, 0)


def _told(seen: Seen) -> dict[str, int]:
    return {name: getattr(seen, name) for name in Seen.__slots__}
