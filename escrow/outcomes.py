"""What follows when a step on the contract has ended: statuses and postings, from what was seen."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from escrow import postings, steps
from escrow.models import Escrow
from escrow.postings import Seen
from integrations.providers import directory
from integrations.providers.answers import Done
from integrations.providers.models import Address, Submission
from integrations.providers.ports import ChainTransaction, Contract
from integrations.providers.stellar import submission
from integrations.providers.stellar.networks import network
from ledger import allocations, clock, holds, money
from ledger.events import Actor
from ledger.findings import find
from payments import orders
from payments.models import Order

STELLAR = Actor("stellar")


def escrow(escrow_id: str) -> Escrow:
    """The escrow with what every step needs of it."""
    row: Escrow = Escrow.across_books.select_related(
        "order", "buyer_wallet", "seller_wallet", "fees_wallet", "resolver_wallet",
        "treasury_wallet",
    ).get(pk=escrow_id)  # fmt: skip
    return row


def is_news(last: Submission) -> bool:
    """Whether the end of this step has not been taken in yet."""
    return not Escrow.across_books.filter(pk=last.subject, taken_in=last.pk).exists()


def take_in(last: Submission) -> bool:
    """Draw the consequences of an ended step, once; False if what happened cannot be read yet."""
    here = escrow(last.subject)
    match last.status:
        case Submission.Status.CONFIRMED:
            return _confirmed(here, last)
        case Submission.Status.EXPIRED:
            _mark(here, last)  # proven dead: the next step is built anew
        case _:
            turn_back(here, code=last.result_code, message="", last=last)
    return True


def turn_back(here: Escrow, *, code: str, message: str, last: Submission | None = None) -> None:
    """Refused for certain: back to where the contract stands, the buyer's hold kept."""
    back = _BACK[here.status]
    with transaction.atomic():
        order = orders.locked(here.order_id)
        here.advance(back[0], by=STELLAR, reason=code, **_taken(last))
        order.advance(back[1], by=STELLAR, in_checkout=False, failure_code=code, failure=message)
        orders.renew_hold(order)
        allocations.close(str(here.id))


_BACK = {
    Escrow.Status.CREATING: (Escrow.Status.FAILED, Order.Status.FUNDS_RESERVED),
    Escrow.Status.FUNDING: (Escrow.Status.CREATED, Order.Status.ESCROW_CREATED),
    Escrow.Status.RELEASING: (Escrow.Status.FUNDED, Order.Status.IN_PROGRESS),
}


def _confirmed(here: Escrow, last: Submission) -> bool:
    answer = submission.read(last)
    if not isinstance(answer, Done):
        return False
    # We hand in ourselves, so that their read model learns of it from us; it decides nothing.
    directory.escrows(here.book_id, trail=here.trail).announce(tx_hash=last.outer_hash)
    return _CONSEQUENCES[last.purpose](here, last, answer.value)


def _deployed(here: Escrow, last: Submission, _: ChainTransaction) -> bool:
    with transaction.atomic():
        order = orders.locked(here.order_id)
        here.advance(here.Status.CREATED, by=STELLAR, contract_id=last.contract_id, **_taken(last))
        Address.across_books.create(
            book_id=here.book_id,
            address=last.contract_id,
            role=Address.Role.CONTRACT,
            subject=here.id,
        )
        order.advance(order.Status.ESCROW_CREATED, by=STELLAR)
        if order.in_checkout:
            begin_funding(order, here, by=STELLAR)
        else:
            orders.renew_hold(order)
    return True


def begin_funding(order: Order, here: Escrow, *, by: Actor) -> None:
    """From here on the money is on its way; joins the caller's transaction, order locked."""
    here.advance(here.Status.FUNDING, by=by)
    order.advance(order.Status.ESCROW_FUNDING, by=by)
    orders.keep_hold(order)


def _funded(here: Escrow, last: Submission, seen: ChainTransaction) -> bool:
    """A balance alone is no proof: our own transaction must move the whole amount in."""
    paid_in = [
        move.amount
        for move in seen.movements
        if (move.source, move.target) == (last.source, here.contract_id)
    ]
    if paid_in != [here.amount]:
        _freeze(here, "funding_not_seen", {"amount": here.amount}, {"amounts": paid_in})
        return False
    with transaction.atomic():
        order = orders.locked(here.order_id)
        here.advance(here.Status.FUNDED, by=STELLAR, **_taken(last))
        order.advance(order.Status.IN_PROGRESS, by=STELLAR, in_checkout=False)
        holds.post(holds.of(order.id), by=STELLAR)
        postings.funded(here, funder=last.source, by=STELLAR)
        allocations.close(str(here.id))
    return True


def _stepped(here: Escrow, last: Submission, _: ChainTransaction) -> bool:
    _mark(here, last)
    return True


def _released(here: Escrow, last: Submission, told: ChainTransaction) -> bool:
    seen = _legs(here, told)
    share = money.released(here.amount, platform_bps=here.platform_fee_bps)
    expected = Seen(to_seller=share.net, to_fees=share.platform, to_protocol=share.protocol)
    with transaction.atomic():
        order = orders.locked(here.order_id)
        here.advance(here.Status.RELEASED, by=STELLAR, **_taken(last))
        order.advance(order.Status.CLOSED, by=STELLAR, outcome=Order.Outcome.RELEASED)
        postings.settled(here, postings.RELEASE, seen, buyer_due=seen.to_buyer, by=STELLAR)
        if seen != expected:
            _freeze(here, "release_differs", _told(expected), _told(seen))
    return True


def find_foreign_end(here: Escrow, contract: Contract) -> None:
    """The contract is at its end, and by no step of ours: somebody has to look."""
    [milestone] = contract.milestones
    flags = {"released": milestone.released, "resolved": milestone.resolved}
    _freeze(here, "contract_ended_by_another", {"step": "release"}, flags)


_CONSEQUENCES: dict[str, Callable[[Escrow, Submission, ChainTransaction], bool]] = {
    steps.DEPLOY: _deployed,
    steps.FUND: _funded,
    steps.MARK_DONE: _stepped,
    steps.APPROVE: _stepped,
    steps.RELEASE: _released,
}


def _legs(here: Escrow, told: ChainTransaction) -> Seen:
    """What left the contract, told apart by address."""
    known = {
        here.seller_wallet.address: "to_seller",
        here.buyer_wallet.address: "to_buyer",
        here.treasury_wallet.address: "to_treasury",
        here.fees_wallet.address: "to_fees",
        network().protocol_fee_address: "to_protocol",
    }
    sums = dict.fromkeys(Seen.__slots__, 0)
    for move in told.movements:
        if move.source == here.contract_id:
            sums[known.get(move.target, "to_strangers")] += move.amount
    return Seen(**sums)


def _told(seen: Seen) -> dict[str, int]:
    return {name: getattr(seen, name) for name in Seen.__slots__}


def _taken(last: Submission | None) -> dict[str, Any]:
    return {"taken_in": last.pk} if last else {}


def _mark(here: Escrow, last: Submission) -> None:
    Escrow.across_books.filter(pk=here.pk, status=here.status).update(**_taken(last))


def _freeze(here: Escrow, kind: str, expected: dict[str, Any], observed: dict[str, Any]) -> None:
    Escrow.across_books.filter(pk=here.pk, frozen_at=None).update(frozen_at=clock.now())
    find(
        book=here.book_id,
        kind=kind,
        subject=str(here.id),
        trail=here.trail,
        expected=expected,
        observed=observed,
        amount=here.amount,
    )
