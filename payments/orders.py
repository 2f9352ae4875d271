"""Orders: agreed, reserved for, delivered. What happens in escrow is told by the room above."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from integrations.marketplaces import users
from integrations.marketplaces.models import Marketplace, User
from ledger import clock, holds
from ledger.events import SYSTEM, Actor
from ledger.models import Hold
from ledger.refusals import Conflict, NotReady, Refusal
from payments import postings
from payments.models import Order

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


class AlreadyDelivered(Conflict):
    """This order has been delivered already."""


class NotYoursToDecide(Refusal):
    """A release is asked for by the buyer, a refund by the seller, either by the platform."""

    code = "NOT_YOURS_TO_DECIDE"


def create(
    marketplace: Marketplace, *, buyer: User, seller: User, by: Actor, **facts: Any
) -> Order:
    """Write down what was agreed, at today's rate. Raises `SameBuyerAndSeller`, `RefTaken`."""
    if buyer == seller:
        raise SameBuyerAndSeller
    try:
        with transaction.atomic():
            return Order.start(
                by=by,
                book_id=marketplace.book_id,
                buyer=buyer,
                seller=seller,
                platform_fee_bps=marketplace.platform_fee_bps,
                refund_fee_bearer=marketplace.refund_fee_bearer,
                **facts,
            )
    except IntegrityError as error:
        if "one_order_per_client_order_ref" in str(error):
            raise RefTaken from error
        raise


def locked(order: str) -> Order:
    """The order, locked for an act or an outcome; users are locked before it."""
    row: Order = Order.across_books.select_for_update(no_key=True).get(pk=order)
    return row


def reserve(order: Order, *, by: Actor, **facts: Any) -> Order:
    """Set the buyer's money aside. Raises `InsufficientFunds`, `NotReady`, the user's refusals."""
    users.acting(order.buyer_id)
    order = locked(order.id)
    if order.settlement != Order.Settlement.ESCROW:
        raise NotReady(current_status=order.status, allowed_from=[])
    if order.status != order.Status.CREATED:  # a refused escrow leads back too, and is no act
        raise NotReady(current_status=order.status, allowed_from=[order.Status.CREATED])
    order.advance(order.Status.FUNDS_RESERVED, by=by, **facts)
    hold = holds.open_for(
        book=order.book_id,
        user=order.buyer_id,
        purpose=order.id,
        amount=order.amount,
        expires_at=_hold_expiry(order),
        by=by,
    )
    postings.reserve(order, hold, by=by)
    return order


def deliver(order: Order, *, evidence: str, by: Actor) -> Order:
    """The seller says that the work is done. A second time is a conflict."""
    order = locked(order.id)
    if order.status != order.Status.IN_PROGRESS:
        raise NotReady(current_status=order.status, allowed_from=[order.Status.IN_PROGRESS])
    if order.delivered_at:
        raise AlreadyDelivered(current_status=order.status, delivered_at=order.delivered_at)
    order.note("delivered", by=by, delivered_at=clock.now(), evidence=evidence)
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
    holds.expire_at(order.id, _hold_expiry(order))


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


def _has_ended(hold: Hold) -> bool:
    is_over = hold.expires_at is not None and hold.expires_at <= clock.now()
    return is_over and hold.status == hold.Status.OPEN


def _hold_expiry(order: Order) -> Any:
    hours = Marketplace.objects.get(book_id=order.book_id).hold_hours
    return clock.now() + timedelta(hours=hours)
