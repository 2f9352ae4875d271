"""The audit log: one entry per write, in its transaction, without secrets, never changed (W-41)."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from integrations.marketplaces.models import AuditEntry, User
from tests.shop import Shop, made, refused, terms


def log(shop: Shop, **query: str) -> Any:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return made(shop.get(f"audit-logs?{asked}"))["data"]


def test_w41_a_write_says_who_did_what_from_where(shop: Shop, ada: User, ben: User) -> None:
    order = shop.order(ada, ben)
    answer = shop.post(
        f"orders/{order.id}/cancel", {"reason": "no"},
        **{"X-Request-ID": "req-7", "User-Agent": "bazaar/1"},
    )  # fmt: skip
    made(answer)
    [entry] = log(shop, subject=order.id, act="POST orders/{order_id}/cancel")
    key = made(shop.get("me"))["key_id"]
    assert entry["actor"] == f"key:{key}"
    assert (entry["request_id"], entry["address"]) == ("req-7", "127.0.0.1")
    assert entry["user_agent"] == "bazaar/1"
    assert entry["before"]["status"] == "CREATED"
    assert entry["after"] == {"status": "CLOSED", "outcome": "CANCELED"}


def test_w41_personal_words_and_secrets_are_hidden(shop: Shop) -> None:
    body = {
        "external_id": "dora", "email": "dora@example.com", "type": "BUYER",
        "metadata": {"phone": "+1 555"},
    }  # fmt: skip
    made(shop.post("users", body))
    made(shop.post("api-keys", {"name": "k", "scopes": ["read"]}))
    told = str(log(shop))
    for word in ("dora", "555", "digest': 'a", "ohk_"):
        assert word not in told
    assert "[hidden]" in told


def test_w41_amounts_are_told_as_everywhere(shop: Shop, ada: User, ben: User) -> None:
    order = shop.order(ada, ben, "12.50")
    [entry] = log(shop, subject=order.id)
    assert entry["after"]["amount"] == "12.50"


def test_w41_a_refused_act_leaves_no_entry(shop: Shop, ada: User, ben: User) -> None:
    order = shop.order(ada, ben)
    before = AuditEntry.across_books.count()
    refused(shop.post(f"orders/{order.id}/checkout"), 422, "INSUFFICIENT_FUNDS")
    refused(shop.post("orders", {**terms(ada, ada)}), 422, "SAME_BUYER_AND_SELLER")
    assert AuditEntry.across_books.count() == before


def test_w41_a_replay_is_not_a_second_act(shop: Shop) -> None:
    for _ in range(2):
        made(shop.post("users", {"external_id": "eve", "type": "BUYER"}, key="twice"))
    assert AuditEntry.across_books.filter(act="POST users").count() == 1


def test_w41_nobody_rewrites_it(shop: Shop, ada: User, ben: User) -> None:
    shop.order(ada, ben)
    for change in (
        lambda: AuditEntry.across_books.update(actor="key:somebody"),
        lambda: AuditEntry.across_books.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


def test_w42_the_log_is_found_by_actor_act_subject_and_request(shop: Shop, ada: User) -> None:
    made(shop.post(f"users/{ada.id}/suspend", {"reason": "?"}, **{"X-Request-ID": "req-9"}))
    for query in (
        {"subject": ada.id}, {"request_id": "req-9"}, {"act": "POST users/{user_id}/suspend"},
        {"actor": f"key:{made(shop.get('me'))['key_id']}"},
    ):  # fmt: skip
        assert ada.id in [entry["subject"] for entry in log(shop, **query)], query
    assert log(shop, subject=ada.id, created_before="2020-01-01T00:00:00Z") == []
    assert log(shop, subject=ada.id, created_after="2020-01-01T00:00:00Z")


def test_it_is_for_support(shop: Shop) -> None:
    refused(shop.get("audit-logs", token=shop.key("read", "write")), 403, "INSUFFICIENT_SCOPE")
