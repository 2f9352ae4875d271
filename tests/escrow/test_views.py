"""Checkout and release over REST: who may ask, from where, and that a refusal is a whole one."""

import pytest
from django.utils import timezone

from escrow.models import Escrow
from integrations.marketplaces.models import User
from integrations.providers import budget
from integrations.providers.models import Call
from ledger.models import Hold, Transfer
from payments.models import Order
from tests.shop import Shop, made, refused, refused_field


@pytest.fixture
def order(shop: Shop, ada: User, ben: User) -> Order:
    return shop.order(ada, ben, "100.00")


def test_checkout_asks_for_the_escrow(shop: Shop, order: Order, ada: User) -> None:
    shop.fund(ada, "150.00")
    answer = shop.post(f"orders/{order.id}/checkout")
    assert (answer.status_code, made(answer)["status"]) == (202, "ESCROW_CREATING")
    balance = shop.balance(ada)
    assert (balance["available"], balance["reserved"], balance["total"]) == (
        "50.00",
        "100.00",
        "150.00",
    )


def test_checkout_without_enough_does_nothing_at_all(shop: Shop, order: Order, ada: User) -> None:
    shop.fund(ada, "99.99")
    events, transfers = shop.events(), Transfer.objects.of(shop.book).count()
    details = refused(shop.post(f"orders/{order.id}/checkout"), 422, "INSUFFICIENT_FUNDS")
    assert (details["available"], details["requested"]) == ("99.99", "100.00")
    order.refresh_from_db()
    assert (order.status, order.in_checkout) == ("CREATED", False)
    assert not Hold.objects.of(shop.book).exists()
    assert not Escrow.objects.of(shop.book).exists()
    assert (shop.events(), Transfer.objects.of(shop.book).count()) == (events, transfers)
    assert shop.available(ada) == "99.99"


def test_w20_a_second_checkout_is_a_conflict(shop: Shop, order: Order, ada: User) -> None:
    shop.fund(ada, "300.00")
    made(shop.post(f"orders/{order.id}/checkout"))
    events = shop.events()
    details = refused(shop.post(f"orders/{order.id}/checkout"), 409, "INVALID_STATE")
    allowed = ["CREATED", "ESCROW_CREATED", "FUNDS_RESERVED"]
    assert details == {"current_status": "ESCROW_CREATING", "allowed_from": allowed}
    assert shop.balance(ada)["reserved"] == "100.00"
    assert shop.events() == events


def test_w22_one_order_cannot_use_what_another_has_reserved(
    shop: Shop, order: Order, ada: User, ben: User
) -> None:
    shop.fund(ada, "150.00")
    made(shop.post(f"orders/{order.id}/checkout"))
    second = shop.order(ada, ben, "100.00")
    details = refused(shop.post(f"orders/{second.id}/checkout"), 422, "INSUFFICIENT_FUNDS")
    assert details["available"] == "50.00"
    held = Hold.objects.of(shop.book).filter(status="OPEN")
    assert list(held.values_list("purpose", "amount")) == [(order.id, order.amount)]


def test_what_is_not_funded_is_not_released(shop: Shop, order: Order) -> None:
    answer = shop.post(f"orders/{order.id}/release", {"requested_by": "BUYER"})
    details = refused(answer, 409, "INVALID_STATE")
    assert details["current_status"] == "CREATED"
    assert "IN_PROGRESS" in details["allowed_from"]


def test_the_seller_does_not_release(shop: Shop, order: Order) -> None:
    answer = shop.post(f"orders/{order.id}/release", {"requested_by": "SELLER"})
    refused(answer, 422, "NOT_YOURS_TO_DECIDE")


def test_the_platform_needs_the_support_scope(shop: Shop, order: Order) -> None:
    path, body = f"orders/{order.id}/release", {"requested_by": "PLATFORM"}
    refused(shop.post(path, body, token=shop.key("write")), 403, "INSUFFICIENT_SCOPE")
    refused(shop.post(path, body, token=shop.key("write", "support")), 409, "INVALID_STATE")


def test_who_asks_must_be_said(shop: Shop, order: Order) -> None:
    path = f"orders/{order.id}/release"
    refused_field(shop.post(path), "requested_by", "REQUIRED")
    refused_field(shop.post(path, {"requested_by": "ADMIN"}), "requested_by", "INVALID_CHOICE")


def test_an_order_says_that_it_waits_for_a_providers_limit(
    shop: Shop, order: Order, ada: User
) -> None:
    shop.fund(ada, "100.00")
    made(shop.post(f"orders/{order.id}/checkout"))

    def held_back() -> bool:
        return bool(made(shop.get(f"orders/{order.id}"))["escrow"]["held_back"])

    assert not held_back()
    refused_by = f"{budget.HELD_BACK}: 50 per 60 s"
    Call.objects.create(
        provider="trustlesswork", method="POST", path="/deployer", trail=order.id,
        milliseconds=0, failure=refused_by,
    )  # fmt: skip
    assert held_back()
    Call.objects.update(happened_at=timezone.now() - budget.HELD_BACK_AGAIN)
    assert not held_back()
