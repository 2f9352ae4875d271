"""Top-ups and orders over REST: what is refused, and that a refusal stores nothing."""

from typing import Any

import pytest

from integrations.marketplaces.models import IdempotencyKey, User
from integrations.providers.models import AirtmLink
from payments.models import Order, TopUp
from tests.payments.amounts import NOT_AMOUNTS
from tests.shop import Shop, made, refused, refused_field, terms


@pytest.fixture
def asked(shop: Shop, ada: User) -> dict[str, Any]:
    """A top-up that would be taken."""
    return {"user_id": ada.id, "amount": "10.00"}


def nothing_is_stored(shop: Shop) -> bool:
    rows = (TopUp.objects.of(shop.book), Order.objects.of(shop.book), IdempotencyKey.objects.all())
    return not any(found.exists() for found in rows)


@pytest.mark.parametrize("amount", NOT_AMOUNTS, ids=repr)
def test_w18_what_is_no_amount_is_refused(
    shop: Shop, asked: dict[str, Any], ada: User, ben: User, amount: Any
) -> None:
    refused_field(shop.post("topups", {**asked, "amount": amount}), "amount", "INVALID_AMOUNT")
    order = {**terms(ada, ben), "amount": amount}
    refused_field(shop.post("orders", order), "amount", "INVALID_AMOUNT")
    assert nothing_is_stored(shop)


def test_an_amount_written_as_a_json_number_is_refused(shop: Shop, ada: User) -> None:
    for number in ("10.00", "10", "1e1", "10.000000000000000000001"):
        body = f'{{"user_id": "{ada.id}", "amount": {number}}}'
        refused_field(shop.send("topups", body), "amount", "INVALID_AMOUNT")
    assert nothing_is_stored(shop)


def test_a_missing_amount_is_required(shop: Shop, ada: User) -> None:
    refused_field(shop.post("topups", {"user_id": ada.id}), "amount", "REQUIRED")


@pytest.mark.parametrize(
    ("given", "told"), [("1", "1.00"), ("0.1", "0.10"), ("007.50", "7.50"), ("0.01", "0.01")]
)
def test_an_amount_comes_back_with_two_decimals(
    shop: Shop, asked: dict[str, Any], given: str, told: str
) -> None:
    assert made(shop.post("topups", {**asked, "amount": given}))["amount"] == told


def test_an_unlinked_user_cannot_top_up(shop: Shop) -> None:
    cleo = shop.user("cleo", linked=False)
    before = shop.events()
    body = {"user_id": cleo.id, "amount": "10.00"}
    refused(shop.post("topups", body), 422, "AIRTM_USER_NOT_LINKED")
    assert nothing_is_stored(shop)
    assert shop.events() == before


def test_a_refused_link_is_no_link(shop: Shop) -> None:
    cleo = shop.user("cleo")
    AirtmLink.across_books.filter(holder=cleo.id).update(status="REFUSED")
    body = {"user_id": cleo.id, "amount": "10.00"}
    refused(shop.post("topups", body), 422, "AIRTM_USER_NOT_LINKED")


def test_a_linked_user_is_not_linked_again(shop: Shop, ada: User) -> None:
    answer = shop.post(f"users/{ada.id}/airtm/link", {"email": "other@example.com"})
    refused(answer, 409, "AIRTM_USER_ALREADY_LINKED")


def test_a_top_up_is_asked_for_and_not_yet_credited(shop: Shop, asked: Any, ada: User) -> None:
    answer = shop.post("topups", asked)
    assert (answer.status_code, made(answer)["status"]) == (202, "CREATED")
    assert shop.available(ada) == "0.00"


@pytest.mark.parametrize("status", ["SUSPENDED"])
def test_a_suspended_users_money_does_not_move(
    shop: Shop, asked: Any, ada: User, ben: User, status: str
) -> None:
    shop.fund(ada, "10.00")
    order = shop.order(ada, ben)
    User.objects.of(shop.book).filter(pk=ada.id).update(status=status)
    refused(shop.post("topups", asked), 422, "USER_SUSPENDED")
    refused(shop.post(f"orders/{order.id}/checkout"), 422, "USER_SUSPENDED")
    assert shop.available(ada) == "10.00"


def test_nobody_buys_from_themselves(shop: Shop, ada: User) -> None:
    refused(shop.post("orders", terms(ada, ada)), 422, "SAME_BUYER_AND_SELLER")
    assert nothing_is_stored(shop)


@pytest.mark.parametrize(("field", "kind"), [("buyer_id", "SELLER"), ("seller_id", "BUYER")])
def test_w37_nobody_is_what_their_type_says_they_are_not(
    shop: Shop, ada: User, ben: User, field: str, kind: str
) -> None:
    """Two ids that are swapped would have the seller pay the buyer."""
    body = terms(ada, ben)
    made(shop.ask("patch", f"users/{body[field]}", {"type": kind}))
    details = refused(shop.post("orders", body), 422, "WRONG_USER_TYPE")
    assert details["field"] == field
    assert details["type"] == kind
    made(
        shop.post("orders", {**body, "buyer_id": body["seller_id"], "seller_id": body["buyer_id"]})
    )


@pytest.mark.parametrize("currency", ["EUR", "usd", "USDC", ""])
def test_w37_another_currency_is_refused(shop: Shop, ada: User, ben: User, currency: str) -> None:
    answer = shop.post("orders", {**terms(ada, ben), "currency": currency})
    fields = refused(answer, 400, "VALIDATION_ERROR")["fields"]
    assert [one["field"] for one in fields] == ["currency"]
    assert not currency or fields[0]["code"] == "INVALID_CURRENCY"
    assert nothing_is_stored(shop)


@pytest.mark.parametrize("who", ["buyer_id", "seller_id"])
def test_unknown_people_are_not_found(shop: Shop, ada: User, ben: User, who: str) -> None:
    body = {**terms(ada, ben), who: "usr_00000000000000000000000000"}
    refused(shop.post("orders", body), 404, "USER_NOT_FOUND")
    refused(shop.post("topups", {"user_id": "nobody", "amount": "1.00"}), 404, "USER_NOT_FOUND")
    assert nothing_is_stored(shop)


def test_a_reference_is_used_once(shop: Shop, ada: User, ben: User) -> None:
    body = {**terms(ada, ben), "client_order_ref": "cart-7"}
    order = made(shop.post("orders", body))
    refused(shop.post("orders", body), 409, "CLIENT_ORDER_REF_TAKEN")
    found = made(shop.get("orders?client_order_ref=cart-7"))["data"]
    assert [row["id"] for row in found] == [order["id"]]


def test_orders_without_a_reference_do_not_collide(shop: Shop, ada: User, ben: User) -> None:
    made(shop.post("orders", terms(ada, ben)))
    made(shop.post("orders", {**terms(ada, ben), "client_order_ref": None}))


def test_an_order_is_created_and_moves_nothing(shop: Shop, ada: User, ben: User) -> None:
    answer = shop.post("orders", terms(ada, ben))
    assert answer.status_code == 201
    order = made(answer)
    assert (order["status"], order["escrow"]) == ("CREATED", None)
    assert made(shop.get(f"orders/{order['id']}")) == order


def test_what_is_not_in_progress_is_not_delivered(shop: Shop, ada: User, ben: User) -> None:
    order = shop.order(ada, ben)
    details = refused(shop.post(f"orders/{order.id}/deliver"), 409, "INVALID_STATE")
    assert details == {"current_status": "CREATED", "allowed_from": ["IN_PROGRESS"]}


def test_w18_no_route_changes_a_balance_by_hand(shop: Shop, ada: User) -> None:
    for act in ("credit", "reserve", "release", "deduct-reserved"):
        answer = shop.post(f"users/{ada.id}/balance/{act}", {"amount": "1.00"})
        refused(answer, 404, "NOT_FOUND")
    refused(shop.post(f"users/{ada.id}/balance", {"amount": "1.00"}), 405, "METHOD_NOT_ALLOWED")


def test_the_largest_amount_fits_and_twice_as_much_does_not(
    shop: Shop, ada: User, ben: User
) -> None:
    largest = "922337203685.47"
    assert shop.order(ada, ben, largest).amount == 9_223_372_036_854_700_000
    body = {**terms(ada, ben), "amount": "922337203685.48"}
    refused_field(shop.post("orders", body), "amount", "INVALID_AMOUNT")


def test_a_timeline_is_narrowed_to_a_period(shop: Shop, ada: User, ben: User) -> None:
    order = shop.order(ada, ben)
    seen = {
        name: made(shop.get(f"orders/{order.id}/timeline?{name}=2026-01-01T00:00:00Z"))["data"]
        for name in ("created_after", "created_before")
    }
    assert [len(moments) for moments in seen.values()] == [1, 0]
