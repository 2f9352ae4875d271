"""Settlements: who may ask for the money, and what is then set going."""

from escrow.models import Escrow
from integrations.marketplaces import users
from ledger.events import Actor
from payments import orders
from payments.models import Order

BUYER, SELLER, PLATFORM = "BUYER", "SELLER", "PLATFORM"


def release(order: Order, *, requested_by: str, reason: str, by: Actor) -> Order:
    """Pay the seller. The buyer may ask, or the platform; raises `NotYoursToDecide`, `NotReady`."""
    if requested_by not in {BUYER, PLATFORM}:
        raise orders.NotYoursToDecide
    if requested_by == BUYER:
        users.acting(order.buyer_id)
    order = orders.locked(order.id)
    order.advance(order.Status.RELEASE_REQUESTED, by=by, reason=reason, failure_code="", failure="")
    live(order).advance(Escrow.Status.RELEASING, by=by, reason=reason)
    return order


def live(order: Order) -> Escrow:
    """The order's live escrow, locked after the order. Raises `SubjectFrozen`."""
    rows = Escrow.across_books.select_for_update(no_key=True)
    escrow: Escrow = rows.exclude(status=Escrow.Status.FAILED).get(order=order)
    if escrow.frozen_at:
        raise users.SubjectFrozen
    return escrow
