"""Dry runs: the same code, told in postings, and nothing of it stays."""

from typing import Any

import pytest
from django.db import transaction

from integrations.marketplaces.models import AuditEntry, IdempotencyKey, User
from ledger.events import SYSTEM
from ledger.models import Event, Transfer
from tests.shop import Shop, made, refused, terms


@pytest.fixture
def nothing_stays(db: None) -> Any:
    def standing() -> Any:
        nouns = (Transfer.across_books, Event.across_books, AuditEntry.across_books)
        return [*(noun.count() for noun in nouns), IdempotencyKey.objects.count()]

    class Held:
        def __enter__(self) -> None:
            self.before = standing()

        def __exit__(self, *_: object) -> None:
            assert standing() == self.before

    return Held()


def rows(postings: Any) -> set[tuple[str, str, str]]:
    return {(one["account"], one["direction"], one["amount"]) for one in postings}


def test_a_top_up(shop: Shop, ada: User, nothing_stays: Any) -> None:
    with nothing_stays:
        told = made(
            shop.post("topups?dry_run=true", {"user_id": ada.id, "amount": "50.00"}, key=None)
        )
    assert (told["status"], told["postings"]) == ("CREATED", [])
    assert rows(told["expected_postings"]) == {
        ("airtm_float", "DEBIT", "50.00"), ("available", "CREDIT", "50.00"),
    }  # fmt: skip
    assert told["expected_postings"][1]["owner"] == ada.id
    assert "Airtm's fee" in told["unchecked"]
    assert made(shop.get("topups"))["data"] == []


def test_a_checkout_with_its_outcome(shop: Shop, ada: User, ben: User, nothing_stays: Any) -> None:
    shop.fund(ada, "100.00")
    order = shop.order(ada, ben, "100.00")
    with nothing_stays:
        told = made(shop.post(f"orders/{order.id}/checkout?dry_run=true", key=None))
    assert told["status"] == "ESCROW_CREATING"
    assert rows(told["postings"]) == {
        ("available", "DEBIT", "100.00"), ("reserved", "CREDIT", "100.00"),
    }  # fmt: skip
    assert rows(told["expected_postings"]) == {
        ("reserved", "DEBIT", "100.00"), ("escrowed", "CREDIT", "100.00"),
        ("contract", "DEBIT", "100.00"), ("wallet", "CREDIT", "100.00"),
    }  # fmt: skip
    assert shop.available(ada) == "100.00"
    assert made(shop.get(f"orders/{order.id}"))["status"] == "CREATED"


def test_a_withdrawal_and_its_commit(shop: Shop, ada: User, nothing_stays: Any) -> None:
    shop.fund(ada, "10.00")
    body = {"user_id": ada.id, "amount": "4.00", "destination": {"type": "AIRTM"}, "commit": True}
    with nothing_stays:
        told = made(shop.post("withdrawals?dry_run=true", body, key=None))
    assert rows(told["postings"]) == {
        ("available", "DEBIT", "4.00"), ("paying_out", "CREDIT", "4.00"),
    }  # fmt: skip
    assert rows(told["expected_postings"]) == {
        ("paying_out", "DEBIT", "4.00"), ("airtm_float", "CREDIT", "4.00"),
    }  # fmt: skip
    row = shop.withdrawal(ada, "4.00")
    with nothing_stays:
        again = made(shop.post(f"withdrawals/{row.id}/commit?dry_run=true", key=None))
    assert again["postings"] == told["postings"]
    assert again["expected_postings"] == told["expected_postings"]


def test_a_withdrawal_that_is_taken_back(shop: Shop, ada: User, nothing_stays: Any) -> None:
    shop.fund(ada, "10.00")
    row = shop.withdrawal(ada, "4.00")
    made(shop.post(f"withdrawals/{row.id}/commit"))
    cancel = f"withdrawals/{row.id}/cancel?dry_run=true"
    back = {("paying_out", "DEBIT", "4.00"), ("available", "CREDIT", "4.00")}
    with nothing_stays:
        told = made(shop.post(cancel, key=None))
    assert (told["status"], rows(told["postings"])) == ("CANCELED", back)
    assert told["expected_postings"] == []
    row.refresh_from_db()
    with transaction.atomic():
        row.advance(row.Status.PENDING_USER_ACTION, by=SYSTEM, reference="payout-1")
    with nothing_stays:
        asked = made(shop.post(cancel, key=None))
    assert (asked["status"], asked["postings"]) == ("CANCELING", [])
    assert rows(asked["expected_postings"]) == back
    assert asked["unchecked"]


def test_what_would_be_refused_is_told(
    shop: Shop, ada: User, ben: User, nothing_stays: Any
) -> None:
    order = shop.order(ada, ben, "10.00")
    with nothing_stays:
        told = made(shop.post(f"orders/{order.id}/checkout?dry_run=true", key=None))
    assert told["refusal"]["code"] == "INSUFFICIENT_FUNDS"
    details = told["refusal"]["details"]
    assert (details["available"], details["requested"]) == ("0.00", "10.00")
    assert (told["postings"], told["expected_postings"]) == ([], [])


def test_a_malformed_request_stays_an_error(shop: Shop, ada: User) -> None:
    answer = shop.post("topups?dry_run=true", {"user_id": ada.id, "amount": "0"}, key=None)
    refused(answer, 400, "VALIDATION_ERROR")


@pytest.mark.parametrize("query", ["dry_run=1", "dry_run=", "dry_run=TRUE", "dry_run=yes"])
def test_half_a_dry_run_is_none(shop: Shop, ada: User, query: str) -> None:
    answer = shop.post(f"topups?{query}", {"user_id": ada.id, "amount": "1.00"})
    refused(answer, 400, "VALIDATION_ERROR")
    assert made(shop.get("topups"))["data"] == []


def test_what_moves_no_money_takes_none(shop: Shop, ada: User, ben: User) -> None:
    refused(shop.post("orders?dry_run=true", terms(ada, ben)), 400, "VALIDATION_ERROR")


def test_a_cancellation_gives_back(shop: Shop, ada: User, ben: User, nothing_stays: Any) -> None:
    order = shop.order(ada, ben)
    with nothing_stays:
        told = made(shop.post(f"orders/{order.id}/cancel?dry_run=true", key=None))
    assert (told["status"], told["outcome"]) == ("CLOSED", "CANCELED")
    assert told["refusal"] is None


def test_a_reservation(shop: Shop, ada: User, ben: User, nothing_stays: Any) -> None:
    shop.fund(ada, "100.00")
    order = shop.order(ada, ben, "60.00")
    with nothing_stays:
        told = made(shop.post(f"orders/{order.id}/reserve?dry_run=true", key=None))
    assert told["status"] == "FUNDS_RESERVED"
    assert rows(told["postings"]) == {
        ("available", "DEBIT", "60.00"), ("reserved", "CREDIT", "60.00"),
    }  # fmt: skip


def test_a_payment_at_once(shop: Shop, ada: User, ben: User, nothing_stays: Any) -> None:
    shop.fund(ada, "100.00")
    body = {**terms(ada, ben), "settlement": "INSTANT"}
    order = made(shop.post("orders", body))["id"]
    with nothing_stays:
        told = made(shop.post(f"orders/{order}/pay?dry_run=true", key=None))
    assert (told["status"], told["outcome"]) == ("CLOSED", "PAID")
    assert rows(told["postings"]) >= {
        ("reserved", "DEBIT", "10.00"), ("available", "CREDIT", "9.50"),
        ("platform_fees", "CREDIT", "0.50"),
    }  # fmt: skip
    assert shop.available(ada) == "100.00"
