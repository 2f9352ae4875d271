"""Every refusal comes in one envelope, with the request's id, whatever went wrong."""

import json
import re

import pytest
from django.db import connection
from django.test import Client

from integrations.marketplaces.models import IdempotencyKey, User
from tests.architecture.test_routes import ROUTES
from tests.shop import Shop, made, refused, refused_field

USER = {"external_id": "cleo", "type": "BUYER"}


def test_a_request_id_is_echoed(shop: Shop) -> None:
    for path in ("me", "users", "no/such/route", "users/usr_unknown", "health"):
        assert shop.get(path, **{"X-Request-ID": "mine-1"})["X-Request-ID"] == "mine-1", path


def test_nobody_between_keeps_an_answer(shop: Shop) -> None:
    """A proxy's own default may be to keep what says nothing, a 404 or a readiness too."""
    for path in ("me", "users", "no/such/route", "users/usr_unknown", "health", "health/ready"):
        assert shop.get(path)["Cache-Control"] == "no-store", path
    assert shop.post("api-keys", {"name": "a", "scopes": ["read"]})["Cache-Control"] == "no-store"
    assert "max-age" in shop.get("openapi.json")["Cache-Control"]


def test_a_request_id_is_made(shop: Shop) -> None:
    ids = {shop.get("me")["X-Request-ID"] for _ in range(2)}
    assert len(ids) == 2
    assert all(made_id.startswith("req_") for made_id in ids)


@pytest.mark.parametrize("ugly", ["a b", "x" * 101, "é"])
def test_an_ugly_request_id_is_replaced(shop: Shop, ugly: str) -> None:
    assert shop.get("me", **{"X-Request-ID": ugly})["X-Request-ID"].startswith("req_")


def test_w30_a_route_that_does_not_exist_is_no_missing_order(shop: Shop) -> None:
    refused(shop.get("no/such/route"), 404, "NOT_FOUND")
    refused(shop.post("users/usr_1/no-such-act"), 404, "NOT_FOUND")


@pytest.mark.django_db(transaction=True)
def test_w30_a_fault_of_ours_tells_nothing_of_itself(shop: Shop) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_order RENAME TO gone")
        try:
            answer = shop.get("orders")
        finally:
            cursor.execute("ALTER TABLE gone RENAME TO payments_order")
    refused(answer, 500, "INTERNAL_ERROR")
    assert not any(word in answer.content for word in (b"Traceback", b"payments_order", b".py"))
    assert set(answer.json()["error"]) == {"code", "message", "details", "request_id"}


def test_a_method_that_a_route_does_not_have(shop: Shop) -> None:
    answer = shop.client.delete("/api/v1/users", headers={"Authorization": f"Bearer {shop.token}"})
    refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_what_may_be_asked_may_be_asked(shop: Shop, route: str) -> None:
    path = "/" + route.replace("<str:", "").replace(">", "")
    answer = shop.client.options(path, headers={"Authorization": f"Bearer {shop.token}"})
    assert answer.status_code in {200, 405}
    assert answer["Allow"]


@pytest.mark.parametrize("path", ["metrics", "topups/topup_1/returned", "topups/topup_1/declined"])
def test_a_route_that_is_no_endpoint_says_so_in_the_same_shape(shop: Shop, path: str) -> None:
    """Also to a browser: Django would answer a form from nowhere with a page about cookies."""
    client = Client(enforce_csrf_checks=True)
    for method in ("post", "put", "delete"):
        answer = getattr(client, method)(f"/api/v1/{path}")
        refused(answer, 405, "METHOD_NOT_ALLOWED")
        assert answer["Allow"] == "GET, HEAD"


def test_what_to_do_instead_is_told() -> None:
    """Somebody who knows Stripe tries a query parameter, or HTTP Basic, first."""
    for path in ("me", "me?api_key=ohk_test_1"):
        for headers in ({}, {"Authorization": "Basic b2hrX3Rlc3RfMTo="}):
            answer = Client().get(f"/api/v1/{path}", headers=headers)
            refused(answer, 401, "UNAUTHORIZED")
            assert "Authorization: Bearer" in answer.json()["error"]["message"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_media_type(shop: Shop, kind: str) -> None:
    answer = shop.send("users", json.dumps(USER), content_type=kind)
    refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_an_answer_that_we_cannot_give(shop: Shop) -> None:
    refused(shop.get("me", Accept="text/html"), 406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        '"text"',
        "null",
        "3",
        "[" * 100_000,
        '{"external_id": "a", "external_id": "b", "type": "BUYER"}',
        '{"external_id": "a", "type": "BUYER", "metadata": {"a": 1, "a": 2}}',
        '{"external_id": "a", "type": "BUYER", "metadata": {"a": NaN}}',
        '{"external_id": "a", "type": "BUYER", "metadata": {"a": -Infinity}}',
        f'{{"external_id": {"9" * 5000}}}',
        b'{"external_id": "\xff"}',
    ],
    ids=lambda body: str(body[:40]),
)
def test_what_is_not_a_json_object(shop: Shop, body: str | bytes) -> None:
    refused(shop.send("users", body), 400, "INVALID_JSON")
    assert not User.objects.of(shop.book).exists()


def test_a_body_of_more_than_a_megabyte(shop: Shop) -> None:
    body = json.dumps({**USER, "metadata": {"a": "x" * 1_048_576}})
    refused(shop.send("users", body), 413, "BODY_TOO_LARGE")
    assert not IdempotencyKey.objects.exists()


def test_a_body_of_just_a_megabyte_is_read(shop: Shop) -> None:
    body = json.dumps({**USER, "external_id": "cleo"})
    made(shop.send("users", body.ljust(1_048_576)))


def test_unknown_fields_are_named(shop: Shop, ada: User, ben: User) -> None:
    refused_field(shop.post("users", {**USER, "role": "admin"}), "role", "UNKNOWN_FIELD")
    body = {"user_id": ada.id, "amount": "1.00", "destination": {"type": "AIRTM", "iban": "1"}}
    refused_field(shop.post("withdrawals", body), "destination.iban", "UNKNOWN_FIELD")
    refused_field(shop.post("withdrawals/wd_1/commit", {"now": True}), "now", "UNKNOWN_FIELD")


def test_missing_fields_are_named(shop: Shop) -> None:
    details = refused(shop.post("users", {}), 400, "VALIDATION_ERROR")
    assert {(one["field"], one["code"]) for one in details["fields"]} == {
        ("external_id", "REQUIRED"),
        ("type", "REQUIRED"),
    }


@pytest.mark.parametrize("path", ["users", "topups", "orders", "withdrawals"])
def test_a_parameter_that_we_do_not_know_is_not_ignored(shop: Shop, path: str) -> None:
    details = refused(shop.post(f"{path}?dry=true"), 400, "VALIDATION_ERROR")
    assert details == {"parameters": ["dry"]}


@pytest.mark.parametrize("text", ["\x00", "Cl\x00eo", "\ud800"])
def test_text_that_no_database_can_hold(shop: Shop, ada: User, text: str) -> None:
    refused_of = [
        shop.post("users", {"external_id": text, "type": "BUYER"}),
        shop.post("users", {**USER, "metadata": {"name": text}}),
        shop.post("users", {**USER, "metadata": {text: "name"}}),
        shop.post("users", {**USER, "metadata": {"a": [{"b": text}]}}),
        shop.post("topups", {"user_id": text, "amount": "1.00"}),
        shop.post("topups", {"user_id": ada.id, "amount": "1.00", "description": text}),
        shop.post("topups", {"user_id": ada.id, "amount": "1.00", "return_url": text}),
    ]
    for answer in refused_of:
        refused(answer, 400, "VALIDATION_ERROR")


ODD = ["%00", "usr_%00", "%F0%9F%92%B0", "usr_'--", "..%2e", "x" * 300, "%ff", "-1", "null"]


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_id_is_nobody(shop: Shop, odd: str) -> None:
    refused(shop.get(f"users/{odd}"), 404, "USER_NOT_FOUND")
    refused(shop.get(f"orders/{odd}"), 404, "ORDER_NOT_FOUND")
    refused(shop.post(f"withdrawals/{odd}/commit"), 404, "WITHDRAWAL_NOT_FOUND")
    assert shop.post(f"sandbox/topups/{odd}/confirm").status_code in {404, 409}


def test_longer_than_a_column(shop: Shop, ada: User) -> None:
    long = f"{'a' * 300}@example.com"
    for answer in (
        shop.post("users", {**USER, "email": long}),
        shop.post("users", {**USER, "external_id": "x" * 256}),
        shop.post(f"users/{ada.id}/airtm/link", {"email": long}),
        shop.post(
            "topups",
            {"user_id": ada.id, "amount": "1.00", "return_url": f"https://a.example/{'x' * 300}"},
        ),
    ):
        refused(answer, 400, "VALIDATION_ERROR")


def test_metadata_comes_back_as_it_was(shop: Shop) -> None:
    metadata = {"cart": {"id": 7, "tags": ["a", None, True]}, "ключ": "значение", "big": 2**70}
    user = made(shop.post("users", {**USER, "metadata": metadata}))
    assert made(shop.get(f"users/{user['id']}"))["metadata"] == metadata


def test_metadata_that_would_not_come_back_is_refused(shop: Shop) -> None:
    body = '{"external_id": "a", "type": "BUYER", "metadata": {"weight": 0.1}}'
    refused_field(shop.send("users", body), "metadata", "INEXACT")
    refused_field(shop.post("users", {**USER, "metadata": [1]}), "metadata", "OBJECT")
    refused_field(shop.post("users", {**USER, "metadata": {"a": "x" * 5000}}), "metadata", "OBJECT")


def test_moments_are_told_to_the_millisecond(shop: Shop, ada: User) -> None:
    shape = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    user = made(shop.get(f"users/{ada.id}"))
    assert re.fullmatch(shape, user["created_at"])
    assert re.fullmatch(shape, shop.balance(ada)["as_of"])
    key = made(shop.post("api-keys", {"name": "k", "scopes": ["read"]}))["id"]
    made(shop.ask("delete", f"api-keys/{key}"))
    details = refused(shop.ask("delete", f"api-keys/{key}"), 409, "INVALID_STATE")
    assert re.fullmatch(shape, details["revoked_at"])
