"""The same request at the same moment, and requests that want the same money."""

from functools import partial
from typing import Any

import pytest
from django.db import transaction

from escrow.models import Escrow
from integrations.marketplaces import idempotency
from integrations.marketplaces.models import IdempotencyKey, User
from ledger.models import Hold, Transfer
from payments.models import Order
from tests.races.together import at_once, outcomes, post
from tests.shop import Shop, terms
from withdrawals.models import Withdrawal

pytestmark = pytest.mark.django_db(transaction=True)


def transfers(shop: Shop, kind: str) -> int:
    return Transfer.objects.of(shop.book).filter(kind=kind).count()


def test_w32_one_key_ten_times_at_once_has_one_effect(
    shop: Shop, ada: User, ben: User, live_server: Any
) -> None:
    body = terms(ada, ben)
    ask = partial(post, live_server.url, shop, "orders", body, key="same")
    answers = at_once([ask] * 10)
    assert set(outcomes(answers)) <= {(201, ""), (409, "IDEMPOTENCY_KEY_IN_PROGRESS")}
    made = [answer for answer in answers if answer.ok]
    assert len({answer.json()["id"] for answer in made}) == 1
    assert all(answer.json() == made[0].json() for answer in made)
    assert [a.headers.get("Idempotency-Replay") for a in made].count(None) == 1
    assert Order.objects.of(shop.book).count() == 1
    assert IdempotencyKey.objects.count() == 1


def test_w33_a_key_in_use_is_not_taken_twice(
    shop: Shop, ada: User, ben: User, live_server: Any
) -> None:
    """However long the first request takes: the second waits a little, and is told to come back."""
    ask = partial(post, live_server.url, shop, "orders", terms(ada, ben), key="same")
    with transaction.atomic():
        idempotency.begin(shop.marketplace, "same", "of the first request, which is still running")
        answer = ask()
        assert outcomes([answer]) == {(409, "IDEMPOTENCY_KEY_IN_PROGRESS"): 1}
        assert answer.headers["Retry-After"] == "1"
        transaction.set_rollback(True)
    assert "Idempotency-Replay" not in ask().headers
    assert ask().headers["Idempotency-Replay"] == "true"
    assert Order.objects.of(shop.book).count() == 1


def test_w33_one_key_ten_times_at_once_moves_money_once(
    shop: Shop, ada: User, ben: User, live_server: Any
) -> None:
    shop.fund(ada, "100.00")
    order = shop.order(ada, ben, "10.00")
    ask = partial(post, live_server.url, shop, f"orders/{order.id}/checkout", {}, key="same")
    answers = at_once([ask] * 10)
    assert set(outcomes(answers)) <= {(202, ""), (409, "IDEMPOTENCY_KEY_IN_PROGRESS")}
    assert transfers(shop, "reserve") == 1
    assert shop.available(ada) == "90.00"


def test_one_key_with_two_bodies_at_once_is_taken_once(
    shop: Shop, ada: User, ben: User, live_server: Any
) -> None:
    answers = at_once(
        partial(post, live_server.url, shop, "orders", {**terms(ada, ben), "title": t}, key="same")
        for t in ("One", "Two")
    )
    assert outcomes(answers) == {(201, ""): 1, (409, "IDEMPOTENCY_KEY_REUSED"): 1}
    assert Order.objects.of(shop.book).count() == 1


def test_one_external_id_ten_times_at_once_is_one_user(shop: Shop, live_server: Any) -> None:
    body = {"external_id": "cleo", "type": "BUYER"}
    answers = at_once(
        partial(post, live_server.url, shop, "users", body, key=f"k{n}") for n in range(10)
    )
    assert outcomes(answers) == {(201, ""): 1, (200, ""): 9}
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_w20_parallel_checkouts_reserve_once(
    shop: Shop, ada: User, ben: User, live_server: Any
) -> None:
    shop.fund(ada, "500.00")
    order = shop.order(ada, ben, "80.00")
    answers = at_once(
        partial(post, live_server.url, shop, f"orders/{order.id}/checkout", {}, key=f"k{n}")
        for n in range(5)
    )
    assert outcomes(answers) == {(202, ""): 1, (409, "INVALID_STATE"): 4}
    for answer in answers:
        if not answer.ok:
            details = answer.json()["error"]["details"]
            assert details["allowed_from"] == ["CREATED", "ESCROW_CREATED", "FUNDS_RESERVED"]
            assert details["current_status"] == "ESCROW_CREATING"
    assert transfers(shop, "reserve") == 1
    assert Escrow.objects.of(shop.book).count() == 1
    assert (shop.balance(ada)["available"], shop.balance(ada)["reserved"]) == ("420.00", "80.00")


def test_w22_orders_that_compete_for_one_balance_hold_it_once(
    shop: Shop, ada: User, ben: User, live_server: Any
) -> None:
    shop.fund(ada, "100.00")
    orders = [shop.order(ada, ben, "80.00") for _ in range(4)]
    answers = at_once(
        partial(post, live_server.url, shop, f"orders/{order.id}/checkout", {}, key=order.id)
        for order in orders
    )
    assert outcomes(answers) == {(202, ""): 1, (422, "INSUFFICIENT_FUNDS"): 3}
    [won] = [order for order, answer in zip(orders, answers, strict=True) if answer.ok]
    held = Hold.objects.of(shop.book).filter(status="OPEN")
    assert [hold.purpose for hold in held] == [won.id]
    statuses = Order.objects.of(shop.book).exclude(pk=won.pk).values_list("status", flat=True)
    assert set(statuses) == {"CREATED"}


def test_w04_ten_parallel_commits_spend_a_balance_once(
    shop: Shop, ada: User, live_server: Any
) -> None:
    shop.fund(ada, "100.00")
    asked = [shop.withdrawal(ada, "60.00") for _ in range(10)]
    answers = at_once(
        partial(post, live_server.url, shop, f"withdrawals/{wd.id}/commit", {}, key=wd.id)
        for wd in asked
    )
    assert outcomes(answers) == {(202, ""): 1, (422, "INSUFFICIENT_FUNDS"): 9}
    statuses = Withdrawal.objects.of(shop.book).values_list("status", flat=True)
    assert sorted(statuses) == ["COMMITTED"] + ["CREATED"] * 9
    balance = shop.balance(ada)
    assert (balance["available"], balance["paying_out"]) == ("40.00", "60.00")


def test_w20_ten_commits_of_one_withdrawal_set_it_aside_once(
    shop: Shop, ada: User, live_server: Any
) -> None:
    shop.fund(ada, "100.00")
    withdrawal = shop.withdrawal(ada, "5.00")
    answers = at_once(
        partial(post, live_server.url, shop, f"withdrawals/{withdrawal.id}/commit", {}, key=f"k{n}")
        for n in range(10)
    )
    assert outcomes(answers) == {(202, ""): 1, (409, "INVALID_STATE"): 9}
    assert transfers(shop, "withdrawal_committed") == 1


def test_w21_contention_is_never_a_fault(
    shop: Shop, ada: User, ben: User, live_server: Any
) -> None:
    """Many small orders of one buyer at once: each is reserved, none is a 500."""
    shop.fund(ada, "100.00")
    orders = [shop.order(ada, ben, "10.00") for _ in range(10)]
    answers = at_once(
        partial(post, live_server.url, shop, f"orders/{order.id}/checkout", {}, key=order.id)
        for order in orders
    )
    assert outcomes(answers) == {(202, ""): 10}
    assert (shop.balance(ada)["available"], shop.balance(ada)["reserved"]) == ("0.00", "100.00")
