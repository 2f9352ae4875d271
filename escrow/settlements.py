"""Settlements: who may ask for the money, and what is then set going."""

from escrow import stakes
from escrow.models import Escrow
from escrow.stakes import Stake
from ledger.events import Actor
from payments import orders
from payments.models import Party
from payments.orders import Deal


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


def _require(requested_by: str, *, party: str) -> None:
    if requested_by not in {party, Party.PLATFORM}:
        raise orders.NotYoursToDecide


def _acting(deal: Deal, requested_by: str) -> Stake:
    """Locked for the act. For an order with a suspended party only the platform may act."""
    if requested_by != Party.PLATFORM:
        orders.parties_acting(orders.of(deal))
    return stakes.locked(deal)


def _ask(stake: Stake, asked: str, escrow: str, *, by: Actor, reason: str, **facts: str) -> Deal:
    deal = stake.deal
    cleared = {"failure_code": "", "failure": "", "auto_release_at": None}
    deal.advance(asked, by=by, reason=reason, **cleared, **facts)
    stake.advance_escrow(escrow, by=by, reason=reason)
    return deal
