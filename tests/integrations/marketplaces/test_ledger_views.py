"""The record over REST: balances then, statements as pages and files, and what support may read."""

import csv
import io
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from django.http import HttpResponse

from integrations.marketplaces.models import User
from ledger import clock, findings, proofs
from ledger.models import Finding
from tests.integrations.marketplaces.test_pagination import closed
from tests.ledger.books import later
from tests.shop import Shop, made, refused

CSV = {"Accept": "text/csv"}


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rows(answer: HttpResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer
    assert answer["Content-Type"] == "text/csv; charset=utf-8; header=present"
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def history(shop: Shop, ada: User) -> User:
    """Three top-ups; an hour has passed after each."""
    for amount in ("10.00", "20.00", "30.00"):
        shop.fund(ada, amount)
        later(hours=1)
    return ada


@pytest.mark.parametrize(
    ("minutes_ago", "available"), [(30, "60.00"), (90, "30.00"), (150, "10.00"), (210, "0.00")]
)
def test_the_balance_at_a_moment(
    shop: Shop, history: User, minutes_ago: int, available: str
) -> None:
    at = stamp(clock.now() - timedelta(minutes=minutes_ago))
    told = made(shop.get(f"users/{history.id}/balance?at={at}"))
    assert (told["available"], told["total"], told["as_of"]) == (available, available, at)


def test_a_moment_that_an_answer_told_can_be_asked_about(shop: Shop, history: User) -> None:
    """Answers tell whole milliseconds; the whole millisecond counts."""
    for line in made(shop.get(f"users/{history.id}/statement"))["data"]:
        told = made(shop.get(f"users/{history.id}/balance?at={line['created_at']}"))
        assert told["available"] == line["balance_after"]


@pytest.mark.parametrize(
    "at",
    [
        "",
        "now",
        "1769860800",
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-13-01T00:00:00Z",
        "2026-01-31T12:00:00 01:00",
        "2026-01-31T12:00:00.1234567Z",
        "٢026-01-31T12:00:00Z",
        "0001-01-01T00:00+14:00",
        "2999-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_an_unclear_or_future_moment_is_refused(shop: Shop, ada: User, at: str) -> None:
    token = shop.key("read", "support")
    for path in (f"users/{ada.id}/balance?", "ledger/trial-balance?"):
        refused(shop.get(f"{path}at={quote(at)}", token=token), 400, "VALIDATION_ERROR")


def test_an_offset_is_understood(shop: Shop, history: User) -> None:
    at = (clock.now() - timedelta(minutes=90)).isoformat(timespec="seconds")[:-6]
    told = made(shop.get(f"users/{history.id}/balance?at={at}%2B00:00"))
    assert told["available"] == "30.00"


@pytest.mark.parametrize("query", ["limit=5", "cursor=x", "when=now", "at=%00"])
def test_a_balance_takes_no_other_parameter(shop: Shop, ada: User, query: str) -> None:
    refused(shop.get(f"users/{ada.id}/balance?{query}"), 400, "VALIDATION_ERROR")


def test_a_statement_has_the_shape_of_a_list(shop: Shop, history: User) -> None:
    path = f"users/{history.id}/statement"
    page = made(shop.get(f"{path}?limit=2"))
    assert [line["change"] for line in page["data"]] == ["30.00", "20.00"]
    assert [line["balance_after"] for line in page["data"]] == ["60.00", "30.00"]
    assert page["has_more"] is True
    shop.fund(history, "1.00")
    last = made(shop.get(f"{path}?limit=2&cursor={page['next_cursor']}"))
    assert [line["change"] for line in last["data"]] == ["10.00"]
    assert (last["has_more"], last["next_cursor"]) == (False, None)
    assert {
        name: last["data"][0][name]
        for name in ("kind", "account", "subject", "counter_accounts", "currency")
    } == {
        "kind": "topup",
        "account": "available",
        "subject": history.id,
        "counter_accounts": ["airtm_float"],
        "currency": "USD",
    }


def test_a_statement_of_a_period_and_of_one_account(shop: Shop, history: User) -> None:
    path = f"users/{history.id}/statement"
    middle = stamp(clock.now() - timedelta(minutes=90))
    late = made(shop.get(f"{path}?created_after={middle}"))["data"]
    early = made(shop.get(f"{path}?created_before={middle}&limit=1"))
    assert [line["change"] for line in late] == ["30.00"]
    assert [line["change"] for line in early["data"]] == ["20.00"]
    rest = f"{path}?created_before={middle}&limit=1&cursor={early['next_cursor']}"
    assert [line["change"] for line in made(shop.get(rest))["data"]] == ["10.00"]
    assert made(shop.get(f"{path}?account=reserved"))["data"] == []
    assert len(made(shop.get(f"{path}?account=available"))["data"]) == 3
    refused(shop.get(f"{path}?account=wallet"), 400, "VALIDATION_ERROR")
    refused(shop.get(f"{path}?created_after=yesterday"), 400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "cursor",
    ["", "x", closed("v1:1"), closed("v1:1.2"), closed("v1:1.2.3.4"), closed("v1:-1.2.3"),
     closed("v1:1.2.9999999999999999999"), closed("v1:usr_00000000000000000000000000")],
)  # fmt: skip
def test_a_cursor_that_is_no_place_in_a_statement(shop: Shop, ada: User, cursor: str) -> None:
    refused(shop.get(f"users/{ada.id}/statement?cursor={cursor}"), 400, "INVALID_CURSOR")


def test_a_statement_as_a_file(shop: Shop, history: User) -> None:
    answer = shop.get(f"users/{history.id}/statement", **CSV)
    assert answer.streaming
    assert answer["Content-Disposition"] == f'attachment; filename="{history.id}.csv"'
    assert "Accept" in answer["Vary"]
    assert [(row["kind"], row["change"], row["balance_after"]) for row in rows(answer)] == [
        ("topup", "30.00", "60.00"),
        ("topup", "20.00", "30.00"),
        ("topup", "10.00", "10.00"),
    ]
    since = stamp(clock.now() - timedelta(minutes=90))
    answer = shop.get(f"users/{history.id}/statement?created_after={since}", **CSV)
    assert [row["change"] for row in rows(answer)] == ["30.00"]


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "application/json", "text/html, */*;q=0.8", "application/json, text/csv;q=0.5"],
)
def test_json_unless_csv_is_asked_for(shop: Shop, ada: User, accept: str) -> None:
    answer = shop.get(f"users/{ada.id}/statement", **({"Accept": accept} if accept else {}))
    assert answer["Content-Type"] == "application/json"
    assert made(answer) == {"data": [], "has_more": False, "next_cursor": None}


def test_a_refusal_is_told_in_json_even_where_csv_was_asked_for(
    shop: Shop, other_shop: Shop, ada: User
) -> None:
    for answer, status, code in (
        (shop.get("users/usr_unknown/statement", **CSV), 404, "USER_NOT_FOUND"),
        (other_shop.get(f"users/{ada.id}/statement", **CSV), 404, "USER_NOT_FOUND"),
        (shop.get(f"users/{ada.id}/statement?x=1", **CSV), 400, "VALIDATION_ERROR"),
        (shop.get(f"users/{ada.id}/statement?limit=1", **CSV), 400, "VALIDATION_ERROR"),
        (shop.get(f"users/{ada.id}/statement?cursor=x", **CSV), 400, "VALIDATION_ERROR"),
        (shop.get(f"users/{ada.id}/statement", token="ohk_no", **CSV), 401, "INVALID_API_KEY"),
        (shop.get(f"users/{ada.id}/statement", Accept="image/png"), 406, "NOT_ACCEPTABLE"),
        (shop.get(f"users/{ada.id}/balance", **CSV), 406, "NOT_ACCEPTABLE"),
    ):
        refused(answer, status, code)
        assert answer["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", ["accounts", "transfers", "trial-balance", "statement"])
def test_the_record_is_for_support(shop: Shop, path: str) -> None:
    token = shop.key("read", "write")
    refused(shop.get(f"ledger/{path}", token=token), 403, "INSUFFICIENT_SCOPE")


def test_the_accounts_of_a_book(shop: Shop, other_shop: Shop, history: User) -> None:
    token, theirs = shop.key("support"), other_shop.key("support")
    [account] = made(shop.get(f"ledger/accounts?kind=available&owner={history.id}", token=token))[
        "data"
    ]
    assert account.pop("changed_at").endswith("Z")
    assert account == {
        "kind": "available",
        "subject": history.id,
        "owner": history.id,
        "side": "CREDIT",
        "balance": "60.00",
        "currency": "USD",
        "entries": 3,
    }
    assert made(other_shop.get(f"ledger/accounts?owner={history.id}", token=theirs))["data"] == []
    refused(shop.get("ledger/accounts?kind=gold", token=token), 400, "VALIDATION_ERROR")
    met, cursor = [], ""
    while cursor is not None:
        page = made(shop.get(f"ledger/accounts?limit=4{cursor}", token=token))
        met += [(row["kind"], row["subject"]) for row in page["data"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert len(met) == len(set(met)) > 8


def test_the_transfers_of_a_book(shop: Shop, other_shop: Shop, history: User) -> None:
    token, theirs = shop.key("support"), other_shop.key("support")
    page = made(shop.get("ledger/transfers?kind=topup&limit=1", token=token))
    [transfer] = page["data"]
    assert page["has_more"] is True
    assert (transfer["kind"], transfer["cause"], transfer["reverses"]) == (
        "topup", transfer["trail"], None,
    )  # fmt: skip
    assert [
        (entry["account"], entry["direction"], entry["amount"], entry["balance_after"])
        for entry in transfer["entries"]
    ] == [("airtm_float", "DEBIT", "30.00", "60.00"), ("available", "CREDIT", "30.00", "60.00")]
    of_one = made(shop.get(f"ledger/transfers?trail={transfer['trail']}", token=token))
    assert [row["id"] for row in of_one["data"]] == [transfer["id"]]
    path = f"ledger/transfers?trail={transfer['trail']}"
    assert made(other_shop.get(path, token=theirs))["data"] == []


def test_the_statement_of_an_account_of_the_book(
    shop: Shop, other_shop: Shop, history: User
) -> None:
    token, theirs = shop.key("support"), other_shop.key("support")
    page = made(shop.get("ledger/statement?account=airtm_float", token=token))
    assert [line["change"] for line in page["data"]] == ["30.00", "20.00", "10.00"]
    answer = shop.get("ledger/statement?account=airtm_float", token=token, **CSV)
    assert len(rows(answer)) == 3
    path = f"ledger/statement?account=available&subject={history.id}"
    assert len(made(shop.get(path, token=token))["data"]) == 3
    refused(other_shop.get(path, token=theirs), 404, "ACCOUNT_NOT_FOUND")
    refused(shop.get("ledger/statement", token=token), 400, "VALIDATION_ERROR")
    refused(shop.get("ledger/statement?account=gold", token=token), 400, "VALIDATION_ERROR")


def test_the_trial_balance_then_and_now(shop: Shop, history: User) -> None:
    token = shop.key("support")
    at = stamp(clock.now() - timedelta(minutes=90))
    then = made(shop.get(f"ledger/trial-balance?at={at}", token=token))
    now = made(shop.get("ledger/trial-balance", token=token))
    assert (then["debits"], then["credits"], then["balanced"]) == ("30.00", "30.00", True)
    assert (now["debits"], now["credits"], now["balanced"]) == ("60.00", "60.00", True)
    assert then["as_of"] == at


def test_the_trial_balance_tells_what_the_proofs_found_and_proves_nothing_itself(
    shop: Shop, other_shop: Shop, history: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, theirs = shop.key("support"), other_shop.key("support")
    seen = {"expected": {"is": "0"}, "observed": {"is": "7"}}
    subject = f"reserved {history.id}"
    findings.find(book=history.book_id, kind="proof: a sentence", subject=subject, **seen)
    findings.find(book=history.book_id, kind="settlement", subject="airtm", **seen)
    with monkeypatch.context() as patched:
        patched.delattr(proofs, "faults")
        now = made(shop.get("ledger/trial-balance", token=token))
        elsewhere = made(other_shop.get("ledger/trial-balance", token=theirs))
    assert (now["debits"], now["credits"], now["balanced"]) == ("60.00", "60.00", False)
    assert now["faults"] == [
        {"invariant": "a sentence", "subject": subject, "expected": "0", "observed": "7"}
    ]
    assert (elsewhere["balanced"], elsewhere["faults"]) == (True, [])
    Finding.across_books.update(resolved_at=clock.now())
    assert made(shop.get("ledger/trial-balance", token=token))["balanced"] is True
