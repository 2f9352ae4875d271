"""What follows when a step on the contract has ended: statuses and postings, from what was seen."""

from collections.abc import Callable, Sequence

from django.db import transaction

from escrow import endings, freezing, funding, postings, stakes, steps, surpluses
from escrow.models import Dispute, Escrow
from escrow.stakes import Goal, Stake
from integrations.providers import directory
from integrations.providers.answers import STELLAR, Done
from integrations.providers.models import Address, Submission
from integrations.providers.ports import Movement
from integrations.providers.stellar import submission
from ledger import allocations, clock, holds
from ledger.events import Actor
from payments import deliveries, orders
from payments.models import Order


def take_in(stake: Stake, last: Submission) -> bool:
    """Draw the consequences of an ended step, once; False if what happened cannot be read yet."""
    match last.status:
        case Submission.Status.CONFIRMED:
            return _confirmed(stake, last)
        case Submission.Status.EXPIRED:
            stake.take_in(last)  # proven dead: the next step is built anew
        case Submission.Status.FAILED if last.purpose in _MAY_BE_OVERTAKEN:
            return _failed(stake, last)
        case _:
            turn_back(stake, code=last.result_code, message="", last=last)
    return True


def turn_back(stake: Stake, *, code: str, message: str, last: Submission | None = None) -> None:
    """Refused for certain: back to where the contract stands, the buyer's hold kept."""
    with transaction.atomic():
        stake = stakes.relocked(stake)
        freezing.no_longer_elsewhere(stake, story=f"What was asked was given back: {code}.")
        if stake.escrow.status in _BACK:
            _give_up_opening(stake, code, message)
        elif stake.goal is not None:
            _TURN_BACK[stake.goal](stake, code, message)
        elif stake.escrow.status in Escrow.SETTLED:
            freezing.report(stake, "surplus_not_withdrawn", {}, {"code": code})
            surpluses.leave(stake)
        stake.take_in(last)


def raised(stake: Stake, *, by: Actor) -> None:
    """The contract is in dispute; a decision that waited for it goes on."""
    stake.advance_escrow(Escrow.Status.DISPUTED, by=by)
    if stake.deal.status != Order.Status.DISPUTED:
        return  # withdrawn meanwhile; the contract stays as it is
    dispute = stake.dispute().locked()
    dispute.note("raised", by=by, raised_at=clock.now())
    if dispute.status == Dispute.Status.RESOLVING:
        stake.advance_escrow(Escrow.Status.RESOLVING, by=by)
    else:
        stake.rest()


def _failed(stake: Stake, last: Submission) -> bool:
    """Included without effect: where the contract was ahead of us, the next step is built anew."""
    answer = stakes.read(stake)
    if not isinstance(answer, Done):
        return False
    piece = answer.value.milestones[stake.index]
    divided_less = last.purpose == steps.RESOLVE and surpluses.has_grown(stake, answer.value)
    if divided_less or piece.released or piece.resolved or steps.is_applied(last.purpose, piece):
        stake.take_in(last)
    else:
        turn_back(stake, code=last.result_code, message="", last=last)
    return True


def _give_up_opening(stake: Stake, code: str, message: str) -> None:
    here, order = stake.escrow, stake.escrow.order
    back = _BACK[here.status]
    here.advance(back[0], by=STELLAR, reason=code)
    order.advance(back[1], by=STELLAR, in_checkout=False, failure_code=code, failure=message)
    orders.renew_hold(order)
    allocations.close(str(here.id))
    funding.forget_shortage(here, story=f"It was refused for certain: {code}.")


def _give_back(stake: Stake, code: str, message: str) -> None:
    """The parties decide anew; a clock that ran begins anew as well."""
    stake.advance_escrow(stake.stands, by=STELLAR, reason=code)
    deal = stake.deal
    facts = {"failure_code": code, "failure": message, **deliveries.clock_of(deal)}
    deal.advance(deal.given_back, by=STELLAR, reason=code, **facts)


def _stay_in_dispute(stake: Stake, code: str, message: str) -> None:
    """Our rows stay frozen though the contract is not: a decision will raise it first."""
    stake.advance_escrow(stake.stands, by=STELLAR, reason=code)
    freezing.report(stake, "dispute_not_raised", {"step": steps.DISPUTE}, {"code": code})
    stake.dispute().locked().note("not_raised", by=STELLAR, failure_code=code, failure=message)
    stake.rest()


def _decide_again(stake: Stake, code: str, message: str) -> None:
    dispute = stake.dispute().locked()
    stake.advance_escrow(stake.stands, by=STELLAR, reason=code)
    facts = {"failure_code": code, "failure": message}
    dispute.advance(Dispute.Status.UNDER_REVIEW, by=STELLAR, reason=code, **facts)
    stake.rest()


_TURN_BACK: dict[Goal, Callable[[Stake, str, str], None]] = {
    Goal.RELEASE: _give_back,
    Goal.REFUND: _give_back,
    Goal.DISPUTE: _stay_in_dispute,
    Goal.RESOLVE: _decide_again,
}
# Steps on a contract that stood elsewhere when they were applied than when they were built.
_MAY_BE_OVERTAKEN = {steps.MARK_DONE, steps.APPROVE, steps.RELEASE, steps.DISPUTE, steps.RESOLVE}
_BACK: dict[str, tuple[str, str]] = {
    Escrow.Status.CREATING: (Escrow.Status.FAILED, Order.Status.FUNDS_RESERVED),
    Escrow.Status.FUNDING: (Escrow.Status.CREATED, Order.Status.ESCROW_CREATED),
}


def _confirmed(stake: Stake, last: Submission) -> bool:
    """Money is booked as it was seen to move; that a step was taken is told by its inclusion."""
    booked = _BOOKED.get(last.purpose)
    moved = submission.movements(last) if booked else Done(())
    if not isinstance(moved, Done):
        return False
    # We hand in ourselves, so that their read model learns of it from us; it decides nothing.
    directory.escrows(stake.book_id, trail=stake.trail).announce(tx_hash=last.outer_hash)
    if booked:
        return booked(stake, last, moved.value)
    _STEPPED[last.purpose](stake, last)
    return True


def _deployed(stake: Stake, last: Submission) -> None:
    with transaction.atomic():
        stake = stakes.relocked(stake)
        here, order = stake.escrow, stake.escrow.order
        here.advance(here.Status.CREATED, by=STELLAR, contract_id=last.contract_id)
        Address.across_books.create(
            book_id=here.book_id,
            address=last.contract_id,
            role=Address.Role.CONTRACT,
            subject=here.id,
        )
        order.advance(order.Status.ESCROW_CREATED, by=STELLAR)
        if order.in_checkout:
            funding.begin(order, here, by=STELLAR)
        else:
            orders.renew_hold(order)
        stake.take_in(last)


def _funded(stake: Stake, last: Submission, seen: Sequence[Movement]) -> bool:
    """A balance alone is no proof: our own transaction must move the whole amount in."""
    here = stake.escrow
    paid_in = [
        move.amount
        for move in seen
        if (move.source, move.target) == (last.source, here.contract_id)
    ]
    if paid_in != [here.amount]:
        freezing.freeze(stake, "funding_not_seen", {"amount": here.amount}, {"amounts": paid_in})
        return False
    with transaction.atomic():
        stake = stakes.relocked(stake)
        here, order = stake.escrow, stake.escrow.order
        here.advance(here.Status.FUNDED, by=STELLAR)
        funding.forget_shortage(here, story="The escrow is funded.")
        order.advance(order.Status.IN_PROGRESS, by=STELLAR, in_checkout=False)
        holds.post(holds.of(order.id), by=STELLAR)
        postings.funded(here, funder=last.source, by=STELLAR)
        allocations.close(str(here.id))
        stake.take_in(last)
    return True


def _disputed(stake: Stake, last: Submission) -> None:
    """The way to a refund, or what somebody wanted for its own sake."""
    with transaction.atomic():
        stake = stakes.relocked(stake)
        if stake.goal != Goal.REFUND:
            raised(stake, by=STELLAR)
        stake.take_in(last)


_STEPPED: dict[str, Callable[[Stake, Submission], None]] = {
    steps.DEPLOY: _deployed,
    steps.MARK_DONE: Stake.take_in,
    steps.APPROVE: Stake.take_in,
    steps.DISPUTE: _disputed,
}
_BOOKED: dict[str, Callable[[Stake, Submission, Sequence[Movement]], bool]] = {
    steps.FUND: _funded,
    steps.RELEASE: endings.settle,
    steps.RESOLVE: endings.settle,
    steps.WITHDRAW: endings.withdraw,
}
