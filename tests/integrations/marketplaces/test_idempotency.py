"""One key, one request, one effect, one answer."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from integrations.marketplaces.idempotency import fingerprint
from integrations.marketplaces.models import IdempotencyKey, User
from ledger import clock
from payments.models import Order
from tests.shop import Shop, made, refused, terms


@pytest.mark.parametrize("path", ["topups", "orders", "withdrawals"])
def test_money_routes_need_a_key(shop: Shop, ada: User, ben: User, path: str) -> None:
    body = {
        "topups": {"user_id": ada.id, "amount": "1.00"},
        "orders": terms(ada, ben),
        "withdrawals": {"user_id": ada.id, "amount": "1.00", "destination": {"type": "AIRTM"}},
    }[path]
    before = shop.events()
    refused(shop.post(path, body, key=None), 400, "IDEMPOTENCY_KEY_REQUIRED")
    assert shop.events() == before


def test_acts_need_a_key(shop: Shop, ada: User, ben: User) -> None:
    order = shop.order(ada, ben)
    withdrawal = shop.withdrawal(ada)
    for path, body in {
        f"orders/{order.id}/checkout": {},
        f"orders/{order.id}/deliver": {},
        f"orders/{order.id}/release": {"requested_by": "BUYER"},
        f"withdrawals/{withdrawal.id}/commit": {},
    }.items():
        refused(shop.post(path, body, key=None), 400, "IDEMPOTENCY_KEY_REQUIRED")


def test_acts_that_move_no_money_do_without(shop: Shop, ada: User) -> None:
    for act, status in (("suspend", "SUSPENDED"), ("reactivate", "ACTIVE")):
        assert made(shop.post(f"users/{ada.id}/{act}", key=None))["status"] == status
    first, again = (shop.post(f"users/{ada.id}/suspend", key="s") for _ in range(2))
    assert again["Idempotency-Replay"] == "true"
    assert first.content == again.content


def test_w50_making_what_is_there_is_no_making(shop: Shop) -> None:
    body = {"external_id": "cleo", "type": "BUYER"}
    told = [shop.post("users", body).status_code for _ in range(2)]
    assert told == [201, 200]


def test_users_are_made_without_one(shop: Shop) -> None:
    answer = shop.post("users", {"external_id": "cleo", "type": "BUYER"}, key=None)
    assert answer.status_code == 201
    again = shop.post("users", {"external_id": "cleo", "type": "BUYER"}, key=None)
    assert (again.status_code, made(again)) == (200, made(answer))


@pytest.mark.parametrize("key", ["\t", "é", "x" * 256, "a\x00b", "a\x7fb"])
def test_a_malformed_key_is_refused(shop: Shop, ada: User, ben: User, key: str) -> None:
    refused(shop.post("orders", terms(ada, ben), key=key), 400, "VALIDATION_ERROR")
    assert not Order.objects.of(shop.book).exists()


def test_255_printable_characters_are_a_key(shop: Shop, ada: User, ben: User) -> None:
    made(shop.post("orders", terms(ada, ben), key="~!" + "x" * 253))


def test_the_same_request_again_gets_the_same_answer(shop: Shop, ada: User, ben: User) -> None:
    first = shop.post("orders", terms(ada, ben), key="k")
    assert "Idempotency-Replay" not in first
    events = shop.events()
    again = shop.post("orders", terms(ada, ben), key="k")
    assert again["Idempotency-Replay"] == "true"
    assert (again.status_code, made(again)) == (first.status_code, made(first))
    assert Order.objects.of(shop.book).count() == 1
    assert shop.events() == events


def test_what_is_replayed_is_the_answer_at_commit(shop: Shop, ada: User, ben: User) -> None:
    shop.fund(ada, "10.00")
    order = shop.order(ada, ben)
    shop.post(f"orders/{order.id}/checkout", key="c")
    again = shop.post(f"orders/{order.id}/checkout", key="c")
    assert (again.status_code, made(again)["status"]) == (202, "ESCROW_CREATING")
    assert shop.balance(ada)["reserved"] == "10.00"


def test_w32_the_order_of_a_json_object_means_nothing(shop: Shop, ada: User, ben: User) -> None:
    body = {**terms(ada, ben), "metadata": {"a": 1, "b": [1, 2]}}
    turned = {**dict(reversed(body.items())), "metadata": {"b": [1, 2], "a": 1}}
    first = shop.send("orders", json.dumps(body), key="k")
    again = shop.send("orders", json.dumps(turned, indent=4), key="k")
    assert again["Idempotency-Replay"] == "true"
    assert made(again) == made(first)


@pytest.mark.parametrize(
    "change", [{"amount": "10.01"}, {"title": "Another"}, {"metadata": {"a": 1}}]
)
def test_another_request_under_the_same_key(
    shop: Shop, ada: User, ben: User, change: dict[str, object]
) -> None:
    made(shop.post("orders", terms(ada, ben), key="k"))
    answer = shop.post("orders", {**terms(ada, ben), **change}, key="k")
    refused(answer, 409, "IDEMPOTENCY_KEY_REUSED")
    assert Order.objects.of(shop.book).count() == 1


def test_w32_a_key_belongs_to_one_route(shop: Shop, ada: User, ben: User) -> None:
    """The same key and an empty body on another order must not replay the first order's answer."""
    shop.fund(ada, "20.00")
    first, second = shop.order(ada, ben), shop.order(ada, ben)
    made(shop.post(f"orders/{first.id}/checkout", key="k"))
    answer = shop.post(f"orders/{second.id}/checkout", key="k")
    refused(answer, 409, "IDEMPOTENCY_KEY_REUSED")
    second.refresh_from_db()
    assert second.status == "CREATED"


def test_w32_a_key_belongs_to_one_marketplace(shop: Shop, other_shop: Shop) -> None:
    body = {"external_id": "cleo", "type": "BUYER", "email": "cleo@example.com"}
    first = shop.post("users", body, key="k")
    other = other_shop.post("users", body, key="k")
    assert other.status_code == 201
    assert "Idempotency-Replay" not in other
    assert made(other)["id"] != made(first)["id"]


def test_w32_nobody_reads_an_answer_without_a_key(shop: Shop, ada: User, ben: User) -> None:
    made(shop.post("orders", terms(ada, ben), key="k"))
    answer = shop.client.post(
        "/api/v1/orders",
        data=json.dumps(terms(ada, ben)),
        content_type="application/json",
        headers={"Idempotency-Key": "k"},
    )
    refused(answer, 401, "UNAUTHORIZED")


def test_w33_a_refusal_leaves_nothing_and_may_be_tried_again(
    shop: Shop, ada: User, ben: User
) -> None:
    order = shop.order(ada, ben)
    keys = IdempotencyKey.objects.count()
    refused(shop.post(f"orders/{order.id}/checkout", key="c"), 422, "INSUFFICIENT_FUNDS")
    assert IdempotencyKey.objects.count() == keys
    shop.fund(ada, "10.00")
    answer = shop.post(f"orders/{order.id}/checkout", key="c")
    assert (answer.status_code, "Idempotency-Replay" in answer) == (202, False)


def test_w33_an_unauthorised_try_locks_nothing(shop: Shop, ada: User, ben: User) -> None:
    refused(shop.post("orders", terms(ada, ben), key="k", token="x"), 401, "INVALID_API_KEY")
    made(shop.post("orders", terms(ada, ben), key="k"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
bodies = st.dictionaries(st.text(), json_values, max_size=4)


@given(bodies)
def test_a_fingerprint_does_not_depend_on_order(body: dict[str, object]) -> None:
    turned = dict(reversed(body.items()))
    assert fingerprint("POST", "/x", body) == fingerprint("POST", "/x", turned)


@given(bodies, bodies)
def test_two_bodies_have_two_fingerprints(one: dict[str, object], other: dict[str, object]) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (fingerprint("POST", "/x", one) == fingerprint("POST", "/x", other)) is same


def test_method_and_path_are_part_of_it() -> None:
    prints = {fingerprint(m, p, {}) for m in ("POST", "PATCH") for p in ("/a", "/a?b=1", "/b")}
    assert len(prints) == 6


def test_w33_old_keys_are_purged_and_those_of_disputes_kept(shop: Shop, capsys: Any) -> None:
    kept = {"dispute": "dsp_1", "comment": "cmt_1", "evidence": "evd_1"}
    for name in ("old", "young", *kept):
        made(shop.post("users", {"external_id": name, "type": "BUYER"}, key=name))
    ago = clock.now() - timedelta(days=31)
    IdempotencyKey.objects.exclude(key="young").update(created_at=ago)
    for name, resource in kept.items():
        IdempotencyKey.objects.filter(key=name).update(resource_id=resource)
    call_command("purge_idempotency_keys", dry_run=True, format="json")
    assert json.loads(capsys.readouterr().out) == {"outdated": 1, "removed": 0, "dry_run": True}
    call_command("purge_idempotency_keys", format="json")
    assert json.loads(capsys.readouterr().out) == {"outdated": 1, "removed": 1, "dry_run": False}
    assert set(IdempotencyKey.objects.values_list("key", flat=True)) == {"young", *kept}
    with pytest.raises(CommandError, match="30 days"):
        call_command("purge_idempotency_keys", days=29)


def test_w32_a_replay_is_the_same_to_the_byte(shop: Shop) -> None:
    body = {"external_id": "z", "type": "BUYER", "metadata": {"z": 1, "a": {"y": [1], "b": "é"}}}
    first, again = (shop.post("users", body, key="k") for _ in range(2))
    assert first.content == again.content
    assert again["Idempotency-Replay"] == "true"
