"""Deliveries: the seller says that the work is done, and the buyer's time to object begins."""

from datetime import timedelta
from typing import Any

from integrations.marketplaces import users
from ledger import clock
from ledger.events import Actor
from ledger.refusals import Conflict, NotReady
from payments import orders
from payments.models import Milestone, Order
from payments.orders import Deal


class AlreadyDelivered(Conflict):
    """This has been delivered already."""


def deliver(order: Order, *, evidence: str, by: Actor) -> Order:
    """Note it for the whole order; a second time is a conflict.

    Raises `AlreadyDelivered`, `NotReady` and the seller's refusals.
    """
    users.acting(order.seller_id)
    order = orders.locked(order.id)
    if order.status != order.Status.IN_PROGRESS:
        raise NotReady(current_status=order.status, allowed_from=[order.Status.IN_PROGRESS])
    if order.has_milestones:
        raise NotReady("Deliver its milestones.", current_status=order.status, allowed_from=[])
    _refuse_second(order)
    facts = _facts(order, evidence)
    order.note("delivered", by=by, **facts)
    Order.across_books.filter(pk=order.pk).update(wake_at=facts["auto_release_at"])
    return order


def deliver_milestone(milestone: Milestone, *, evidence: str, by: Actor) -> Milestone:
    """Note it for one milestone of an order in progress.

    Raises `AlreadyDelivered`, `NotReady` and the seller's refusals.
    """
    users.acting(milestone.order.seller_id)
    order = orders.locked(milestone.order_id)
    milestone = milestone.locked()
    if order.status != order.Status.IN_PROGRESS:
        raise NotReady(current_status=order.status, allowed_from=[order.Status.IN_PROGRESS])
    _refuse_second(milestone)
    here = milestone.Status.OPEN  # an edge leads on from what is asked or disputed too, and no act
    if milestone.status != here:
        raise NotReady(current_status=milestone.status, allowed_from=[here])
    milestone.advance(milestone.Status.DELIVERED, by=by, **_facts(milestone, evidence))
    return milestone


def clock_of(deal: Deal) -> dict[str, Any]:
    """The clock of what was delivered, as it starts in full now."""
    return _started(deal) if deal.delivered_at else {}


def _facts(deal: Deal, evidence: str) -> dict[str, Any]:
    return {"delivered_at": clock.now(), "evidence": evidence, **_started(deal)}


def _started(deal: Deal) -> dict[str, Any]:
    hours, now = orders.of(deal).auto_release_after_hours, clock.now()
    ends = now + timedelta(hours=hours) if hours else None
    return {"auto_release_from": now if ends else None, "auto_release_at": ends}


def _refuse_second(deal: Deal) -> None:
    if deal.delivered_at:
        raise AlreadyDelivered(
            current_status=deal.status, allowed_from=[], delivered_at=deal.delivered_at
        )
