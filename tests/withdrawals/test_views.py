"""Withdrawals over REST: what is refused, and that a refusal sets nothing aside."""

from typing import Any

import pytest

from integrations.marketplaces.models import User
from tests.payments.amounts import NOT_AMOUNTS
from tests.shop import Shop, made, refused, refused_field
from withdrawals.models import Withdrawal


@pytest.fixture
def asked(ada: User) -> dict[str, Any]:
    return {"user_id": ada.id, "amount": "10.00", "destination": {"type": "AIRTM"}}


@pytest.mark.parametrize("amount", NOT_AMOUNTS, ids=repr)
def test_w18_what_is_no_amount_is_refused(shop: Shop, asked: Any, amount: Any) -> None:
    answer = shop.post("withdrawals", {**asked, "amount": amount})
    refused_field(answer, "amount", "INVALID_AMOUNT")
    assert not Withdrawal.objects.of(shop.book).exists()


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"destination": {}}, "destination.type", "REQUIRED"),
        ({"destination": {"type": "BANK"}}, "destination.type", "INVALID_CHOICE"),
        ({"destination": "AIRTM"}, "destination", "INVALID"),
        ({"destination": {"type": "AIRTM", "email": "ada"}}, "destination.email", "INVALID"),
        ({"commit": "perhaps"}, "commit", "INVALID"),
        ({"fee": "0.00"}, "fee", "UNKNOWN_FIELD"),
    ],
)
def test_a_wrong_field_is_named(
    shop: Shop, asked: Any, change: dict[str, Any], field: str, code: str
) -> None:
    refused_field(shop.post("withdrawals", {**asked, **change}), field, code)
    assert not Withdrawal.objects.of(shop.book).exists()


def test_asking_sets_nothing_aside(shop: Shop, asked: Any, ada: User) -> None:
    shop.fund(ada, "10.00")
    answer = shop.post("withdrawals", asked)
    assert (answer.status_code, made(answer)["status"]) == (202, "CHECKING")
    assert shop.available(ada) == "10.00"


def test_committing_sets_the_money_aside(shop: Shop, ada: User) -> None:
    shop.fund(ada, "10.00")
    withdrawal = shop.withdrawal(ada, "4.00")
    answer = shop.post(f"withdrawals/{withdrawal.id}/commit")
    assert (answer.status_code, made(answer)["status"]) == (202, "COMMITTED")
    balance = shop.balance(ada)
    assert (balance["available"], balance["paying_out"], balance["total"]) == (
        "6.00",
        "4.00",
        "10.00",
    )


def test_more_than_there_is_is_not_committed(shop: Shop, ada: User) -> None:
    shop.fund(ada, "10.00")
    withdrawal = shop.withdrawal(ada, "10.01")
    details = refused(shop.post(f"withdrawals/{withdrawal.id}/commit"), 422, "INSUFFICIENT_FUNDS")
    assert (details["available"], details["requested"]) == ("10.00", "10.01")
    withdrawal.refresh_from_db()
    assert withdrawal.status == "CREATED"
    assert shop.available(ada) == "10.00"


def test_asked_for_and_committed_at_once_is_refused_at_once(
    shop: Shop, asked: Any, ada: User
) -> None:
    answer = shop.post("withdrawals", {**asked, "commit": True})
    details = refused(answer, 422, "INSUFFICIENT_FUNDS")
    assert (details["available"], details["requested"]) == ("0.00", "10.00")
    assert not Withdrawal.objects.of(shop.book).exists()


def test_a_second_commit_is_a_conflict(shop: Shop, ada: User) -> None:
    shop.fund(ada, "10.00")
    withdrawal = shop.withdrawal(ada, "4.00")
    made(shop.post(f"withdrawals/{withdrawal.id}/commit"))
    details = refused(shop.post(f"withdrawals/{withdrawal.id}/commit"), 409, "INVALID_STATE")
    assert details == {"current_status": "COMMITTED", "allowed_from": ["CREATED"]}
    assert shop.available(ada) == "6.00"


def test_from_where_it_may_be_taken_back_is_told(shop: Shop, asked: Any, ada: User) -> None:
    checked = made(shop.post("withdrawals", asked))["id"]
    canceled = shop.withdrawal(ada).id
    made(shop.post(f"withdrawals/{canceled}/cancel"))
    for withdrawal, status in ((checked, "CHECKING"), (canceled, "CANCELED")):
        answer = shop.post(f"withdrawals/{withdrawal}/cancel")
        details = refused(answer, 409, "INVALID_STATE")
        from_here = ["CREATED", "PENDING_USER_ACTION"]
        assert details == {"current_status": status, "allowed_from": from_here}
        assert answer.json()["error"]["message"] == (
            f"It is {status}; this is possible from {', '.join(from_here)}."
        )


def test_what_is_still_checked_is_not_committed(shop: Shop, asked: Any, ada: User) -> None:
    shop.fund(ada, "10.00")
    withdrawal = made(shop.post("withdrawals", asked))
    details = refused(shop.post(f"withdrawals/{withdrawal['id']}/commit"), 409, "INVALID_STATE")
    assert details == {"current_status": "CHECKING", "allowed_from": ["CREATED"]}


def test_an_unlinked_user_is_not_paid_out(shop: Shop, asked: Any) -> None:
    cleo = shop.user("cleo", linked=False)
    answer = shop.post("withdrawals", {**asked, "user_id": cleo.id})
    refused(answer, 422, "AIRTM_USER_NOT_LINKED")


def test_somebody_elses_address_is_refused(shop: Shop, asked: Any) -> None:
    destination = {"type": "AIRTM", "email": "mallory@example.com"}
    answer = shop.post("withdrawals", {**asked, "destination": destination})
    refused(answer, 422, "DESTINATION_INVALID")
    made(
        shop.post(
            "withdrawals", {**asked, "destination": {"type": "AIRTM", "email": "ADA@example.com"}}
        )
    )


def test_w20_a_suspended_user_commits_nothing(shop: Shop, ada: User) -> None:
    shop.fund(ada, "10.00")
    withdrawal = shop.withdrawal(ada)
    User.objects.of(shop.book).filter(pk=ada.id).update(status="SUSPENDED")
    refused(shop.post(f"withdrawals/{withdrawal.id}/commit"), 422, "USER_SUSPENDED")
