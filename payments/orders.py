"""Orders: agreed, reserved for, paid at once. What happens in escrow is told by the room above."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from integrations.marketplaces import users
from integrations.marketplaces.models import Marketplace, User
from ledger import clock, holds, money
from ledger.events import SYSTEM, Actor
from ledger.lifecycle import Overtaken
from ledger.models import Hold
from ledger.refusals import Conflict, NotReady, Refusal
from payments import postings
from payments.models import Milestone, Order

Deal = Order | Milestone  # what the parties agreed on: a whole, or a piece of it

# Nobody is asked for anything: no money is on its way into a contract.
UNFUNDED = {
    Order.Status.CREATED,
    Order.Status.FUNDS_RESERVED,
    Order.Status.ESCROW_CREATED,
}


class SameBuyerAndSeller(Refusal):
    """Nobody can buy from themselves."""

    code = "SAME_BUYER_AND_SELLER"


class RefTaken(Conflict):
    """Another order has this client_order_ref."""

    code = "CLIENT_ORDER_REF_TAKEN"


class DoNotAddUp(Refusal):
    """The amounts of the milestones must come to the amount of the order."""

    code = "MILESTONES_DO_NOT_ADD_UP"


class WrongUserType(Refusal):
    """A buyer's type is BUYER or BOTH, a seller's is SELLER or BOTH."""

    code = "WRONG_USER_TYPE"


class NotYoursToDecide(Refusal):
    """A release is asked for by the buyer, a refund by the seller, either by the platform."""

    code = "NOT_YOURS_TO_DECIDE"


def create(
    marketplace: Marketplace,
    *,
    buyer: User,
    seller: User,
    milestones: Sequence[Mapping[str, Any]],
    by: Actor,
    **facts: Any,
) -> Order:
    """Write down what was agreed, at today's rate.

    Raises `SameBuyerAndSeller`, `WrongUserType`, `RefTaken`, `DoNotAddUp`.
    """
    if buyer == seller:
        raise SameBuyerAndSeller
    _require_type(User.Type.BUYER, buyer_id=buyer)
    _require_type(User.Type.SELLER, seller_id=seller)
    _require_sum(milestones, facts["amount"])
    try:
        order = Order.start(
            by=by,
            book_id=marketplace.book_id,
            buyer=buyer,
            seller=seller,
            platform_fee_bps=marketplace.platform_fee_bps,
            refund_fee_bearer=marketplace.refund_fee_bearer,
            has_milestones=bool(milestones),
            **facts,
        )
    except IntegrityError as error:
        if "one_order_per_client_order_ref" in str(error):
            raise RefTaken from error
        raise
    for place, piece in enumerate(milestones):
        Milestone.start(by=by, book_id=order.book_id, order=order, place=place, **piece)
    return order


def of(deal: Deal) -> Order:
    """The order that a deal is, or belongs to."""
    return deal.order if isinstance(deal, Milestone) else deal


def locked(order: str) -> Order:
    """The order, locked for an act or an outcome; users are locked before it."""
    row: Order = Order.across_books.select_for_update(no_key=True).get(pk=order)
    return row


def acting(order: Order) -> Order:
    """The order, locked for an act that moves the money of both. Raises the users' refusals."""
    parties_acting(order)
    return locked(order.id)


def parties_acting(order: Order) -> int:
    """Lock both for an act; for how many hours a reservation of theirs stands.

    Raises `UserSuspended`, `SubjectFrozen`.
    """
    parties = users.acting_together([order.buyer_id, order.seller_id])
    hours: int = parties[0].hold_hours  # type: ignore[attr-defined]
    return hours


def parties_may_act(order: Order) -> bool:
    """Whether the money of both may move, without locking anything."""
    return users.may_act(order.buyer_id) and users.may_act(order.seller_id)


def require_escrow(order: Order) -> None:
    """Raises `NotReady` for an order that is settled without a contract."""
    if order.settlement != Order.Settlement.ESCROW:
        raise NotReady(
            "An INSTANT order has no escrow: it is paid.",
            current_status=order.status, allowed_from=[],
        )  # fmt: skip


def reserve(order: Order, *, by: Actor, **facts: Any) -> Order:
    """Set the buyer's money aside. Raises `InsufficientFunds`, `NotReady`, the users' refusals."""
    expires_at = _hold_expiry(parties_acting(order))
    _leave_created(order, by=by, until=expires_at, **facts)
    hold = holds.open_for(
        book=order.book_id,
        user=order.buyer_id,
        purpose=order.id,
        amount=order.amount,
        expires_at=expires_at,
        by=by,
    )
    postings.reserve(order, hold, by=by)
    return order


def pay(order: Order, *, by: Actor) -> Order:
    """Pay the seller of an INSTANT order at once, out of what is reserved or is reserved now.

    Raises `InsufficientFunds`, `NotReady` and the users' refusals.
    """
    order = acting(order)
    if order.settlement != Order.Settlement.INSTANT:
        raise NotReady(
            "An ESCROW order is not paid at once: its escrow is funded, and released.",
            current_status=order.status, allowed_from=[],
        )  # fmt: skip
    if order.status == order.Status.CREATED:
        order = reserve(order, by=by)
    if order.status != order.Status.FUNDS_RESERVED:
        payable = [order.Status.CREATED, order.Status.FUNDS_RESERVED]
        raise NotReady(current_status=order.status, allowed_from=payable)
    order.advance(order.Status.CLOSED, by=by, outcome=Order.Outcome.PAID)
    hold = holds.of(order.id)
    holds.post(hold, by=by)
    postings.paid_instantly(order, hold, by=by)
    return order


def cancel(order: Order, *, reason: str, by: Actor) -> Order:
    """Give up an order that is not funded; what was reserved is the buyer's to spend again."""
    users.acting(order.buyer_id)
    order = locked(order.id)
    if order.status not in UNFUNDED:
        raise NotReady(current_status=order.status, allowed_from=sorted(UNFUNDED))
    order.advance(order.Status.CLOSED, by=by, reason=reason, outcome=Order.Outcome.CANCELED)
    for hold in holds.open_ones(order.id):
        holds.void(hold, by=by)
        postings.given_back(order, hold, kind="void", amount=hold.amount, by=by)
    return order


def keep_hold(order: Order) -> None:
    """While somebody is asked for the escrow, the reservation does not expire."""
    holds.expire_at(order.id, None)


def renew_hold(order: Order) -> None:
    """A refused escrow leaves the reservation standing, with a fresh expiry."""
    marketplace = Marketplace.objects.get(book_id=order.book_id)
    holds.expire_at(order.id, _hold_expiry(marketplace.hold_hours))


def expire(hold_id: str) -> None:
    """Close the order of a hold whose time is over, unless its money is on its way by now.

    The compare-and-set of the order decides the race with a checkout that goes on.
    """
    hold = Hold.across_books.get(pk=hold_id)
    with transaction.atomic():
        order = locked(hold.purpose)
        hold = Hold.across_books.select_for_update(no_key=True).get(pk=hold_id)
        if _has_ended(hold) and order.status in UNFUNDED:
            order.advance(order.Status.CLOSED, by=SYSTEM, outcome=Order.Outcome.CANCELED)
            holds.expire(hold, by=SYSTEM)
            postings.given_back(order, hold, kind="expire", amount=hold.amount, by=SYSTEM)


def freeze_holder(hold_id: str) -> None:
    """A hold does not add up: its user's acts wait until somebody has looked."""
    for user in Hold.across_books.filter(pk=hold_id).values_list("user", flat=True):
        users.freeze(user)


def _require_type(role: User.Type, **named: User) -> None:
    """Whoever swaps the two must not have the seller pay."""
    [(field, user)] = named.items()
    if user.type not in {role, User.Type.BOTH}:
        raise WrongUserType(field=field, type=user.type, allowed=[role, User.Type.BOTH])


def _require_sum(milestones: Sequence[Mapping[str, Any]], amount: int) -> None:
    total = sum(piece["amount"] for piece in milestones)
    if milestones and total != amount:
        raise DoNotAddUp(amount=money.text(amount), milestones=money.text(total))


def _has_ended(hold: Hold) -> bool:
    is_over = hold.expires_at is not None and hold.expires_at <= clock.now()
    return is_over and hold.status == hold.Status.OPEN


def _hold_expiry(hours: int) -> datetime:
    return clock.now() + timedelta(hours=hours)


def _leave_created(order: Order, *, by: Actor, until: datetime, **facts: Any) -> None:
    """Advance by the UPDATE alone: nothing leads back to CREATED, nor writes to an order there.

    Who was faster is told by `advance`; that a refused escrow leads here too is no act.
    """
    created = order.Status.CREATED
    if order.status != created:
        raise NotReady(current_status=order.status, allowed_from=[created])
    order.reserved_until = until
    try:
        order.advance(order.Status.FUNDS_RESERVED, by=by, **facts)
    except Overtaken as late:
        raise NotReady(**{**late.details, "allowed_from": [created]}) from late
