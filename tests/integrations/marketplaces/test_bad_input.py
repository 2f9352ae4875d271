"""Bad input of every kind: a clear coded error, on the routes that take a body, and no effect."""

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from integrations.marketplaces.models import AuditEntry, User
from ledger.events import SYSTEM
from ledger.lifecycle import Overtaken
from payments.models import Order
from tests.architecture.test_routes import PRIVATE
from tests.shop import Shop, made, refused, refused_field, terms

DEEP = "[" * 1000 + "]" * 1000
BODIES = {
    "no JSON": "{",
    "an array": "[]",
    "a number": "1",
    "nested in itself": f'{{"metadata": {DEEP}}}',
    "nested to the end of the stack": "[" * 100_000,
    "a key twice": '{"external_id": "a", "external_id": "b", "type": "BUYER"}',
    "not a number": '{"amount": NaN}',
    "no UTF-8": b'{"external_id": "\xff"}',
    "UTF-16": '{"external_id": "a"}'.encode("utf-16"),
}
WRITES = sorted(
    route.removeprefix("api/v1/").replace("<str:", "").replace(">", "")
    for route, view in PRIVATE.items()
    if hasattr(view.cls, "post")
)


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("path", ["users", "topups", "api-keys"])
def test_a_body_that_is_none(shop: Shop, path: str, kind: str) -> None:
    answer = shop.send(path, BODIES[kind])
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in {"INVALID_JSON", "VALIDATION_ERROR"}
    assert not AuditEntry.across_books.exists()


@pytest.mark.parametrize("depth", [63, 500, 940, 1_000, 100_000])
@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a":', "}")], ids=["[", "{"])
def test_a_body_is_as_deep_on_every_machine(
    shop: Shop, opens: str, closes: str, depth: int
) -> None:
    """Where the stack ends depends on who calls: between there and here was a fault of ours."""
    deep = opens * depth + "1" + closes * depth
    answer = shop.send(
        "users", f'{{"external_id": "a", "type": "BUYER", "metadata": {{"a":{deep}}}}}'
    )
    refused(answer, 400, "INVALID_JSON")
    message = answer.json()["error"]["message"]
    assert "64" in message
    assert "recursion" not in message


def test_a_body_may_be_as_deep_as_it_says(shop: Shop) -> None:
    deep = "[" * 62 + "]" * 62
    body = f'{{"external_id": "a", "type": "BUYER", "metadata": {{"a":{deep}}}}}'
    assert json.dumps(made(shop.send("users", body))["metadata"]["a"]) == deep


def test_half_a_character_in_the_name_of_a_field(shop: Shop) -> None:
    body = r'{"external_id": "a", "type": "BUYER", "\ud800": 1}'
    refused_field(shop.send("users", body), r"\ud800", "UNKNOWN_FIELD")


@pytest.mark.parametrize("body", [b'{"a": "\xff"}', '{"a": ' + "9" * 5000 + "}"])
def test_what_is_wrong_is_told_in_words_of_json(shop: Shop, body: Any) -> None:
    answer = shop.send("users", body)
    refused(answer, 400, "INVALID_JSON")
    assert not any(word in answer.content for word in (b"codec", b"sys.", b"integer string"))


@pytest.mark.parametrize("hours", ["5", 1.5, True, [5]])
def test_a_text_is_no_number_of_hours(shop: Shop, ada: User, ben: User, hours: Any) -> None:
    answer = shop.post("orders", {**terms(ada, ben), "auto_release_after_hours": hours})
    refused_field(answer, "auto_release_after_hours", "INVALID")


@pytest.mark.parametrize("path", WRITES)
def test_ten_megabytes_are_not_read(shop: Shop, path: str) -> None:
    answer = shop.send(path, b'{"x": "' + b"y" * 10_000_000 + b'"}')
    refused(answer, 413, "BODY_TOO_LARGE")


@pytest.mark.parametrize("path", WRITES)
def test_a_form_is_not_taken(shop: Shop, path: str) -> None:
    answer = shop.send(path, "a=1", content_type="application/x-www-form-urlencoded")
    refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "amount",
    [1, 1.5, True, None, "1e3", "+1", " 1", "1.234", "０1", "1\u200b", "-1", "0", "", "1,0", []],
)
def test_w37_an_amount_is_a_plain_decimal_string(shop: Shop, ada: User, amount: Any) -> None:
    body = {"user_id": ada.id, "amount": amount}
    fields = refused(shop.post("topups", body), 400, "VALIDATION_ERROR")["fields"]
    assert [(one["field"], one["code"]) for one in fields] == [("amount", "INVALID_AMOUNT")]


@pytest.mark.parametrize("look_alike", ["ВUYER", "BUYER\u200b", "buyer", "BUYER "])
def test_a_look_alike_is_not_the_word(shop: Shop, look_alike: str) -> None:
    answer = shop.post("users", {"external_id": "a", "type": look_alike})
    assert answer.status_code == 400


def test_w50_an_id_of_another_kind_is_nobody(shop: Shop, ada: User, ben: User) -> None:
    order = shop.order(ada, ben)
    refused(shop.get(f"orders/{ada.id}"), 404, "ORDER_NOT_FOUND")
    refused(shop.get(f"users/{order.id}"), 404, "USER_NOT_FOUND")
    body = {"user_id": order.id, "amount": "1.00"}
    refused(shop.post("topups", body), 404, "USER_NOT_FOUND")
    refused(shop.ask("delete", f"api-keys/{ada.id}"), 404, "API_KEY_NOT_FOUND")


def test_w43_a_cursor_of_another_list_is_refused(shop: Shop, ada: User, ben: User) -> None:
    cursor = made(shop.get("users?limit=1"))["next_cursor"]
    for path in ("orders", "topups", "withdrawals", "ledger/accounts", "api-keys", "audit-logs"):
        refused(shop.get(f"{path}?cursor={cursor}"), 400, "INVALID_CURSOR")


def test_a_thousand_filters(shop: Shop) -> None:
    query = "&".join(f"f{n}=1" for n in range(1500))
    answer = shop.get(f"users?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"
    assert answer["X-Request-ID"]


@pytest.mark.parametrize("name", ["Idempotency-Key", "X-Request-ID", "Prefer", "User-Agent"])
@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "é" * 300, "x" * 10_000])
def test_headers_carry_nothing_else(shop: Shop, name: str, value: str) -> None:
    body = json.dumps({"external_id": "a", "type": "BUYER"})
    headers = {"Authorization": f"Bearer {shop.token}", name: value}
    answer = Client(raise_request_exception=False).post(
        "/api/v1/users", data=body, content_type="application/json", headers=headers
    )
    assert answer.status_code in {201, 400}
    assert "X-Evil" not in answer
    assert "\n" not in answer["X-Request-ID"]


def test_a_lost_race_says_where_things_stand(shop: Shop, ada: User, ben: User) -> None:
    order = shop.order(ada, ben)
    Order.across_books.filter(pk=order.pk).update(status="CLOSED", outcome="CANCELED")
    with transaction.atomic(), pytest.raises(Overtaken) as lost:
        order.advance("FUNDS_RESERVED", by=SYSTEM)
    assert lost.value.details["current_status"] == "CLOSED"
