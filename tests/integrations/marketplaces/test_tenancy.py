"""W-27: every route with an id, tried with the stranger's key, is a 404 that changes nothing."""

import re
from typing import Any

import pytest
from django.db import transaction

from escrow.models import Dispute
from integrations.marketplaces import keys
from integrations.marketplaces.models import ApiKey, AuditEntry, Scope, User
from ledger.events import SYSTEM
from ledger.models import Account, Book
from ledger.tenancy import Owned, Unscoped
from tests.architecture.test_routes import PRIVATE
from tests.shop import Shop, made, refused, terms

ROUTES = [
    (method, route)
    for route, view in sorted(PRIVATE.items())
    for method in ("get", "post", "put", "patch", "delete")
    if "<" in route and hasattr(view.cls, method)
]
# A body that would be taken, so that the 404 is about the id and about nothing else.
BODIES: dict[str, Any] = {
    "airtm/link": {"email": "cleo@example.com"},
    "release": {"requested_by": "BUYER"},
    "refund": {"requested_by": "SELLER", "reason": "agreed"},
    "disputes": {"opened_by": "BUYER", "reason": "OTHER"},
    "resolve": {"decision": "FULL_REFUND", "note": "agreed"},
    "assign": {"assignee": "olga"},
    "comments": {"body": "so it is", "visibility": "SHARED"},
    "evidence": {"url": "https://example.com/photo", "note": "a photo"},
}


@pytest.fixture
def ids(shop: Shop, ada: User, ben: User) -> dict[str, str]:
    """One row of Bazaar for every kind of id that a route takes."""
    order, withdrawal = shop.order(ada, ben), shop.withdrawal(ada)
    topup = shop.fund(ada, "50.00")
    with transaction.atomic():
        about = {"order": order, "amount": order.amount, "opened_by": "BUYER", "reason": "OTHER"}
        dispute = Dispute.start(by=SYSTEM, book_id=shop.book, **about)
    return {
        "dispute_id": dispute.id,
        "ref": "the-first",
        "user_id": ada.id,
        "order_id": order.id,
        "topup_id": topup.id,
        "withdrawal_id": withdrawal.id,
        "key_id": keys.create(shop.marketplace, name="victim")[0].id,
    }


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_w27_the_stranger_finds_nothing_in_any_role(
    shop: Shop, other_shop: Shop, ids: dict[str, str], method: str, route: str
) -> None:
    path = re.sub(r"<str:(\w+)>", lambda found: ids[found[1]], route).removeprefix("api/v1/")
    act = next((end for end in BODIES if path.endswith(end)), "")
    before = standing(shop, other_shop)
    for scopes in (*([scope] for scope in Scope.values), Scope.values):
        token = other_shop.key(*scopes)
        answer = other_shop.ask(method, path, BODIES.get(act, {}), token=token)
        needed = PRIVATE[route].cls.scope_of(method.upper())
        told = answer.json()["error"]["code"]
        if needed not in scopes:
            assert (answer.status_code, told) == (403, "INSUFFICIENT_SCOPE")
        elif "sandbox" in path:  # the stranger has no account at the pretended Airtm in this test
            assert answer.status_code in {404, 409}
        else:
            assert answer.status_code == 404, answer.content
            assert told.endswith("NOT_FOUND")
    assert standing(shop, other_shop) == before


def test_w27_cursors_filters_and_keys_open_nothing(
    shop: Shop, other_shop: Shop, ids: dict[str, str], ada: User
) -> None:
    """A stranger's cursor, filter, key of idempotency: each stays within its own marketplace."""
    cursor = made(shop.get("users?limit=1"))["next_cursor"]
    assert made(other_shop.get(f"users?cursor={cursor}"))["data"] == []
    for path in (
        f"users?external_id={ada.external_id}", f"orders?buyer_id={ada.id}",
        f"topups?user_id={ada.id}", f"withdrawals?user_id={ada.id}",
        f"ledger/accounts?owner={ada.id}", f"ledger/transfers?trail={ids['topup_id']}",
        f"audit-logs?subject={ids['order_id']}",
    ):  # fmt: skip
        assert made(shop.get(path))["data"], path
        assert made(other_shop.get(path))["data"] == [], path
    body = {"external_id": "zoe", "type": "BUYER"}
    mine, theirs = (one.post("users", body, key="the same") for one in (shop, other_shop))
    assert made(mine)["id"] != made(theirs)["id"]
    assert "Idempotency-Replay" not in theirs


def test_w27_ids_in_a_body_are_no_way_in(
    shop: Shop, other_shop: Shop, ids: dict[str, str], ada: User, ben: User
) -> None:
    dan = other_shop.user("dan")
    events = shop.events()
    for path, body in [
        ("topups", {"user_id": ada.id, "amount": "1.00"}),
        ("withdrawals", {"user_id": ada.id, "amount": "1.00", "destination": {"type": "AIRTM"}}),
        ("orders", terms(ada, ben)),
        ("orders", terms(dan, ben)),
        ("orders", terms(ada, dan)),
    ]:
        refused(other_shop.post(path, body), 404, "USER_NOT_FOUND")
    assert shop.events() == events


def test_w27_lists_hold_only_the_callers_own(shop: Shop, other_shop: Shop, ids: Any) -> None:
    for path in ("users", "orders", "topups", "withdrawals"):
        assert made(shop.get(path))["data"], path
        assert made(other_shop.get(path))["data"] == [], path
    assert made(other_shop.get(f"topups?user_id={ids['user_id']}"))["data"] == []


def test_w27_external_ids_and_references_do_not_collide(
    shop: Shop, other_shop: Shop, ada: User, ben: User
) -> None:
    body = {"external_id": "ada", "type": "BUYER", "email": "other@example.com"}
    theirs = made(other_shop.post("users", body))
    assert theirs["id"] != ada.id
    assert theirs["email"] == "other@example.com"
    made(shop.post("orders", {**terms(ada, ben), "client_order_ref": "7"}))
    dan, eve = other_shop.user("dan"), other_shop.user("eve")
    made(other_shop.post("orders", {**terms(dan, eve), "client_order_ref": "7"}))


@pytest.mark.parametrize("model", Owned.__subclasses__(), ids=lambda model: model.__name__)
def test_rows_without_a_book_are_not_to_be_had(model: Any) -> None:
    for ask in ("all", "first", "count", "exists"):
        with pytest.raises(Unscoped):
            getattr(model.objects, ask)()


def standing(shop: Shop, other_shop: Shop) -> Any:
    """All that a stranger could have changed."""
    victims = ApiKey.objects.of(shop.book).order_by("pk")
    return (
        shop.events(), money(shop.book), other_shop.events(), AuditEntry.across_books.count(),
        list(victims.values_list("revoked_at", "expires_at")),
    )  # fmt: skip


def money(book: int) -> list[tuple[str, str, int]]:
    assert Book.objects.filter(pk=book).exists()
    rows = Account.objects.of(book).order_by("pk")
    return list(rows.values_list("kind", "subject", "balance"))
