"""Clocks: what was delivered is released by itself, unless somebody objects in time.

A clock counts as the buyer. It stands still while nobody can object, as a party is suspended or
frozen, or the escrow is: the time of every such stop is added to its end whenever somebody looks.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from escrow import settlements
from escrow.models import Escrow
from integrations.marketplaces import users
from ledger import clock, unfreezing
from ledger.events import Actor
from ledger.findings import find, resolve
from payments import orders
from payments.models import Milestone, Order, Party
from payments.orders import Deal

CLOCK = Actor("auto-release")
Span = tuple[datetime, datetime]
PAUSED = "auto_release_paused"


def run_out(deal_id: str) -> None:
    """Release an order or a milestone if its time is over and both parties may act."""
    deal = _find(deal_id)
    if not _is_due(deal) or _is_put_off(deal):
        return
    try:
        with transaction.atomic():
            orders.acting(orders.of(deal))
            deal = deal.locked()
            if deal.status in deal.ENDS_AT and _is_due(deal):
                reason = "Nobody objected."
                settlements.release(deal, requested_by=Party.BUYER, reason=reason, by=CLOCK)
                _resolve_paused(deal, story="Both may act again, and it was released.")
    except users.REFUSALS as refusal:
        _report_paused(deal, refusal.code)


def suspended(user: str) -> None:
    """The clocks of this user's orders stand still: say so."""
    for deal in _running(user):
        _report_paused(deal, users.UserSuspended.code)


def reactivated(user: str) -> None:
    """The clocks of this user's orders go on, and end later."""
    for deal in _running(user):
        _is_put_off(deal)


def _is_put_off(deal: Deal) -> bool:
    """Move the end by the time for which a party was suspended; whether it is still to come."""
    if not orders.parties_may_act(orders.of(deal)):
        return False
    ends = _end(deal)
    rows = type(deal).across_books.filter(pk=deal.pk, status=deal.status)
    rows = rows.filter(auto_release_at=deal.auto_release_at)
    if ends != deal.auto_release_at and rows.update(auto_release_at=ends, wake_at=ends):
        _resolve_paused(deal, story=f"Both may act again, and it ends at {ends.isoformat()}.")
    return ends > clock.now()


def _end(deal: Deal) -> datetime:
    order, begun = orders.of(deal), deal.auto_release_from
    hours = order.auto_release_after_hours
    assert begun
    assert hours  # else no clock would run
    parties = (order.buyer_id, order.seller_id)
    stops = [stop for user in parties for stop in users.stops(user)]
    for escrow in Escrow.across_books.filter(order=order):
        stops += unfreezing.spans(escrow)
    return _put_off(begun, begun + timedelta(hours=hours), stops)


def _put_off(begun: datetime, end: datetime, stops: Iterable[Span]) -> datetime:
    """Two who were stopped at the same time stop it once."""
    counted = begun
    for stopped_at, over in sorted(stops):
        start = max(stopped_at, counted)
        if start < end and over > start:
            end += over - start
            counted = over
    return end


def _running(user: str) -> list[Deal]:
    """What was delivered, by or for this user, and is not yet due to be released."""
    parties = Q(buyer=user) | Q(seller=user)
    whole = Order.across_books.filter(parties, auto_release_at__isnull=False)
    theirs = Order.across_books.filter(parties)
    pieces = Milestone.across_books.filter(order__in=theirs, auto_release_at__isnull=False)
    running = (
        whole.filter(status__in=Order.ENDS_AT),
        pieces.filter(status__in=Milestone.ENDS_AT).select_related("order"),
    )
    return [deal for rows in running for deal in rows]


def _find(deal_id: str) -> Deal:
    if deal_id.startswith("mls_"):
        piece: Milestone = Milestone.across_books.select_related("order").get(pk=deal_id)
        return piece
    order: Order = Order.across_books.get(pk=deal_id)
    return order


def _is_due(deal: Deal) -> bool:
    return deal.auto_release_at is not None and deal.auto_release_at <= clock.now()


def _report_paused(deal: Deal, code: str) -> None:
    find(
        book=deal.book_id,
        kind=PAUSED,
        subject=str(deal.pk),
        trail=deal.trail,
        observed={"code": code},
        amount=deal.amount,
    )


def _resolve_paused(deal: Deal, *, story: str) -> None:
    resolve(book=deal.book_id, kind=PAUSED, subject=str(deal.pk), story=story)
