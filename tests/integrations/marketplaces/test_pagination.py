"""Lists: every row once, newest first, while others write."""

import base64
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from escrow import disputes
from escrow.models import Dispute
from integrations.marketplaces.models import User
from ledger.events import SYSTEM
from payments.models import Order
from tests.shop import Shop, made, refused


def walk(shop: Shop, path: str, *, meanwhile: Any = lambda: None) -> list[str]:
    """The ids on all pages, in the order of the pages."""
    seen: list[str] = []
    page = made(shop.get(path))
    while True:
        seen += [row["id"] for row in page["data"]]
        assert page["has_more"] is (page["next_cursor"] is not None)
        if not page["has_more"]:
            return seen
        meanwhile()
        page = made(shop.get(f"{path}&cursor={page['next_cursor']}"))


def test_an_empty_list(shop: Shop) -> None:
    for path in ("users", "orders", "topups", "withdrawals"):
        assert made(shop.get(path)) == {"data": [], "has_more": False, "next_cursor": None}


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_every_row_is_met_once(shop: Shop, limit: int) -> None:
    users = [shop.user(f"u{n}", linked=False).id for n in range(7)]
    assert walk(shop, f"users?limit={limit}") == users[::-1]


def test_rows_that_come_meanwhile_shift_nothing(shop: Shop) -> None:
    users = [shop.user(f"u{n}", linked=False).id for n in range(6)]
    names = iter(f"late{n}" for n in range(100))
    seen = walk(shop, "users?limit=2", meanwhile=lambda: shop.user(next(names), linked=False))
    assert seen == users[::-1]


def test_twenty_unless_told(shop: Shop) -> None:
    for n in range(21):
        shop.user(f"u{n}", linked=False)
    page = made(shop.get("users"))
    assert (len(page["data"]), page["has_more"]) == (20, True)


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "", "1.0", "٣", "%00", "9" * 5000])
def test_w43_a_limit_is_between_1_and_100(shop: Shop, limit: str) -> None:
    refused(shop.get(f"users?limit={limit}"), 400, "VALIDATION_ERROR")


def closed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "%21%21",
        "é",
        "usr_00000000000000000000000000",
        closed("v1:"),
        closed("v2:usr_00000000000000000000000000"),
        closed("v1:ord_00000000000000000000000000"),
        closed("v1:usr_0000000000000000000000000'"),
        closed("v1:usr_00000000000000000000000000") + "=",
        closed("v1:usr_00000000000000000000000000") + "%21",
        closed("v1:usr_0000\x00"),
    ],
)
def test_a_cursor_that_is_not_ours(shop: Shop, cursor: str) -> None:
    refused(shop.get(f"users?cursor={cursor}"), 400, "INVALID_CURSOR")


@pytest.mark.parametrize(
    "query",
    [
        *("status=OPEN", "status=active", "status=", "colour=red", "Status=ACTIVE", "id=1"),
        "status=ACTIVE&status=SUSPENDED",
    ],
)
def test_w28_an_unknown_filter_or_value_is_refused(shop: Shop, query: str) -> None:
    answer = shop.get(f"users?{query}")
    refused(answer, 400, "VALIDATION_ERROR")
    assert query.partition("=")[0] in answer.json()["error"]["message"]


def test_a_thousand_wrong_parameters_make_no_long_sentence(shop: Shop) -> None:
    answer = shop.get("users?" + "&".join(f"f{n}=1" for n in range(900)))
    assert len(refused(answer, 400, "VALIDATION_ERROR")["parameters"]) == 900
    assert len(answer.json()["error"]["message"]) < 300


def test_w28_a_filter_narrows_and_never_disappears(shop: Shop, ada: User, ben: User) -> None:
    shop.fund(ada, "5.00")
    shop.fund(ben, "6.00")
    assert [row["user_id"] for row in made(shop.get(f"topups?user_id={ada.id}"))["data"]] == [
        ada.id
    ]
    nobody = f"usr_{'0' * 26}"
    assert made(shop.get(f"topups?user_id={nobody}"))["data"] == []
    for vague in ("", "usr_unknown"):
        refused(shop.get(f"topups?user_id={vague}"), 400, "VALIDATION_ERROR")


def test_lists_filter_by_the_callers_own_reference(shop: Shop, ada: User, ben: User) -> None:
    assert [row["id"] for row in made(shop.get("users?external_id=ada"))["data"]] == [ada.id]
    assert len(made(shop.get("users?status=ACTIVE"))["data"]) == 2
    assert made(shop.get("users?status=SUSPENDED"))["data"] == []


@pytest.mark.parametrize("path", ["orders", "disputes", "topups", "withdrawals", "audit-logs"])
def test_w43_a_list_takes_as_many_queries_however_long(
    shop: Shop, ada: User, ben: User, path: str
) -> None:
    def more() -> None:
        shop.fund(ada, "20.00")
        order = shop.order(ada, ben)
        made(shop.post(f"orders/{order.id}/reserve"))
        shop.withdrawal(ada)
        quarrel(order)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert made(shop.get(path))["data"]
        return len([query for query in seen if "ledger_now()" not in query["sql"]])

    more()
    queries()  # notes that the key was used
    few = queries()
    for _ in range(4):
        more()
    assert queries() == few


def quarrel(order: Order) -> str:
    """A dispute about it, with something to see."""
    about = {"order": order, "amount": order.amount, "opened_by": "BUYER", "reason": "OTHER"}
    with transaction.atomic():
        dispute = Dispute.start(by=SYSTEM, book_id=order.book_id, **about)
        disputes.add_evidence(dispute, url="https://example.com/a.png", note="", by=SYSTEM)
    return str(dispute.id)


def test_disputes_are_found_by_their_parties(shop: Shop, ada: User, ben: User) -> None:
    first, second = quarrel(shop.order(ada, ben)), quarrel(shop.order(ben, ada))

    def found(query: str) -> list[str]:
        return [row["id"] for row in made(shop.get(f"disputes?{query}"))["data"]]

    assert found(f"buyer_id={ada.id}") == found(f"seller_id={ben.id}") == [first]
    assert found(f"buyer_id={ben.id}&status=OPEN") == [second]
    assert found(f"buyer_id={ada.id}&seller_id={ada.id}") == []
    assert found("") == [second, first]


@pytest.mark.parametrize(
    "query", ["orders?buyer_id=", "orders?seller_id=", "topups?user_id=", "disputes?order_id="]
)
def test_w50_a_filter_takes_no_id_of_another_kind(shop: Shop, ada: User, query: str) -> None:
    for wrong in ("key_" + ada.id[4:], ada.id[4:], ada.id.lower(), ada.external_id):
        details = refused(shop.get(f"{query}{wrong}"), 400, "VALIDATION_ERROR")
        assert details == {"parameter": query.partition("?")[2].strip("=")}


def test_a_part_that_nobody_compares_is_refused(shop: Shop) -> None:
    details = refused(shop.get("reconciliation/runs?part=everything"), 400, "VALIDATION_ERROR")
    assert "withdrawals" in details["allowed"]
    made(shop.get("reconciliation/runs?part=withdrawals"))
