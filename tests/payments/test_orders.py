"""Orders that end before they are funded: cancelled, or expired with their hold."""

from datetime import timedelta

import pytest
from django.db import transaction

from integrations.marketplaces.models import User
from integrations.simulators import clock as simulated
from ledger import clock, sweeping
from ledger.events import SYSTEM
from ledger.models import Hold
from payments import orders
from payments.models import Order
from tests.cast import Sale

pytestmark = pytest.mark.django_db(transaction=True)


def reserved_order(sale: Sale) -> Order:
    """An order whose money is held and whose escrow nobody has asked for."""
    sale.top_up("150.00")
    sale.agree("100.00")
    with transaction.atomic():
        return orders.reserve(Order.across_books.get(pk=sale.order), by=SYSTEM)


def test_a_cancelled_order_gives_the_reservation_back(sale: Sale) -> None:
    reserved_order(sale)
    closed = sale.api.made(f"orders/{sale.order}/cancel", {"reason": "changed my mind"})
    assert (closed["status"], closed["outcome"]) == ("CLOSED", "CANCELED")
    balance = sale.api.seen(f"users/{sale.ada}/balance")
    assert (balance["available"], balance["reserved"]) == ("150.00", "0.00")
    again = sale.api.post(f"orders/{sale.order}/cancel")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "INVALID_STATE")


def test_an_order_without_a_reservation_is_cancelled_too(sale: Sale) -> None:
    order = sale.agree("100.00")
    assert sale.api.made(f"orders/{order}/cancel")["outcome"] == "CANCELED"


def test_a_funded_order_is_not_cancelled(sale: Sale) -> None:
    sale.top_up("150.00")
    sale.check_out("100.00")
    refused = sale.api.post(f"orders/{sale.order}/cancel")
    assert refused.status_code == 409
    assert refused.json()["error"]["details"]["current_status"] == "IN_PROGRESS"


def test_a_hold_expires_by_the_products_clock_and_not_before(sale: Sale) -> None:
    reserved_order(sale)
    assert sale.worker.step() is None  # nobody is woken before its moment
    hold = Hold.across_books.get(purpose=sale.order)
    orders.expire(hold.pk)
    assert sale.api.seen(f"orders/{sale.order}")["status"] == "FUNDS_RESERVED"

    simulated.advance(seconds=int(timedelta(hours=73).total_seconds()))
    sweeping.sweep()
    sale.worker.settle()
    assert hold.expires_at < clock.now()
    assert sale.api.seen(f"orders/{sale.order}")["outcome"] == "CANCELED"
    assert Hold.across_books.get(pk=hold.pk).status == "EXPIRED"
    assert sale.api.seen(f"users/{sale.ada}/balance")["available"] == "150.00"


def test_a_hold_under_way_into_escrow_has_no_end(sale: Sale) -> None:
    sale.top_up("150.00")
    sale.api.made(f"orders/{sale.agree('100.00')}/checkout")
    assert Hold.across_books.get(purpose=sale.order).expires_at is None
    simulated.advance(seconds=int(timedelta(hours=73).total_seconds()))
    sale.worker.settle()
    assert sale.api.seen(f"orders/{sale.order}")["status"] == "IN_PROGRESS"


def test_a_frozen_buyers_checkout_waits_and_goes_on(sale: Sale) -> None:
    sale.top_up("150.00")
    sale.api.made(f"orders/{sale.agree('100.00')}/checkout")
    User.across_books.filter(pk=sale.ada).update(frozen_at=clock.now())
    for _ in range(100):
        if sale.worker.step() is None:
            break
    assert sale.api.seen(f"orders/{sale.order}")["status"] == "ESCROW_CREATING"
    User.across_books.filter(pk=sale.ada).update(frozen_at=None)
    sale.worker.settle()
    assert sale.api.seen(f"orders/{sale.order}")["status"] == "IN_PROGRESS"
