"""Settlements: who may ask for the money, and what is then set going."""

from django.db import transaction

from escrow import stakes
from escrow.models import Escrow
from escrow.stakes import Stake
from integrations.marketplaces import users
from ledger import clock
from ledger.events import Actor
from ledger.findings import find
from payments import orders
from payments.models import Milestone, Order, Party

Deal = Order | Milestone
CLOCK = Actor("auto-release")  # counts as the buyer


def release(deal: Deal, *, requested_by: str, reason: str, by: Actor) -> Deal:
    """Have the seller paid: the buyer may ask, or the platform.

    Raises `NotYoursToDecide`, `NotReady` and the users' refusals.
    """
    _require(requested_by, party=Party.BUYER)
    stake = _acting(deal, requested_by)
    asked = {"requested_by": requested_by, "reason": reason}
    return _ask(stake, "RELEASE_REQUESTED", Escrow.Status.RELEASING, by=by, **asked)


def refund(deal: Deal, *, requested_by: str, reason: str, by: Actor) -> Deal:
    """Have the buyer paid back: the seller may ask, or the platform.

    Raises `NotYoursToDecide`, `NotReady` and the users' refusals.
    """
    _require(requested_by, party=Party.SELLER)
    stake = _acting(deal, requested_by)
    asked = {"requested_by": requested_by, "reason": reason}
    return _ask(stake, "REFUND_REQUESTED", Escrow.Status.REFUNDING, by=by, **asked)


def auto_release(order_id: str) -> None:
    """Release an order that was delivered and that nobody has complained about in time."""
    _release_if_due(Order.across_books.get(pk=order_id))


def auto_release_milestone(milestone_id: str) -> None:
    """Release a milestone that was delivered and that nobody has complained about in time."""
    _release_if_due(Milestone.across_books.select_related("order").get(pk=milestone_id))


def _release_if_due(deal: Deal) -> None:
    """The clock waits, with a finding, while a party is suspended or frozen."""
    if not _is_due(deal):
        return
    try:
        with transaction.atomic():
            orders.acting(deal.order if isinstance(deal, Milestone) else deal)
            deal = deal.locked()
            if deal.status in deal.ENDS_AT and _is_due(deal):
                release(deal, requested_by=Party.BUYER, reason="Nobody objected.", by=CLOCK)
    except users.REFUSALS as refusal:
        _report_paused(deal, refusal.code)


def _require(requested_by: str, *, party: str) -> None:
    if requested_by not in {party, Party.PLATFORM}:
        raise orders.NotYoursToDecide


def _acting(deal: Deal, requested_by: str) -> Stake:
    """Locked for the act. For an order with a suspended party only the platform may act."""
    if requested_by != Party.PLATFORM:
        orders.parties_acting(deal.order if isinstance(deal, Milestone) else deal)
    return stakes.locked(deal)


def _ask(stake: Stake, asked: str, escrow: str, *, by: Actor, reason: str, **facts: str) -> Deal:
    deal: Deal = stake.deal
    cleared = {"failure_code": "", "failure": "", "auto_release_at": None}
    deal.advance(asked, by=by, reason=reason, **cleared, **facts)
    stake.advance_escrow(escrow, by=by, reason=reason)
    return deal


def _is_due(deal: Deal) -> bool:
    return deal.auto_release_at is not None and deal.auto_release_at <= clock.now()


def _report_paused(deal: Deal, code: str) -> None:
    find(
        book=deal.book_id,
        kind="auto_release_paused",
        subject=str(deal.pk),
        trail=deal.trail,
        observed={"code": code},
        amount=deal.amount,
    )
