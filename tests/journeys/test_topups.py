"""Top-ups of 50.00 over Airtm, and every way in which they end.

| what happens                         | status    | available | unattributed | Airtm    |
|--------------------------------------|-----------|-----------|--------------|----------|
| nothing yet                          |           |      0.00 |         0.00 | 1 000.00 |
| paid                                 | SUCCEEDED |     50.00 |         0.00 | 1 050.00 |
| cancelled                            | CANCELED  |      0.00 |         0.00 | 1 000.00 |
| not paid within 15 days              | EXPIRED   |      0.00 |         0.00 | 1 000.00 |
| paid while it was being cancelled    | SUCCEEDED |     50.00 |         0.00 | 1 050.00 |
| paid, fee of 1 % borne by the user   | SUCCEEDED |     49.50 |         0.00 | 1 049.50 |
| the same, borne by the platform      | SUCCEEDED |     50.00 |         0.00 | 1 049.50 |
| paid by a stranger, credited         | SUCCEEDED |     50.00 |         0.00 | 1 050.00 |
| paid by a stranger, held             | SUCCEEDED |      0.00 |        50.00 | 1 050.00 |
"""

from decimal import Decimal
from typing import Any

import pytest

from integrations.marketplaces.models import Marketplace, User
from integrations.providers import inbox
from integrations.simulators.airtm import enterprises, payins
from integrations.simulators.models import AirtmEnterprise, AirtmPayin
from ledger.models import Event, Finding
from payments import topups
from payments.models import TopUp
from tests.airtm import Airtm

pytestmark = pytest.mark.django_db(transaction=True)

UNPAID = ["0.00", "0.00", "0.00", "1000.00", "1000.00"]
PAID = ["50.00", "0.00", "0.00", "1050.00", "1050.00"]


def configure(**settings: Any) -> None:
    Marketplace.objects.filter(name="Bazaar").update(**settings)


def test_a_top_up_is_paid(airtm: Airtm) -> None:
    topup = airtm.top_up()
    shown = airtm.api.seen(f"topups/{topup}")
    assert shown["status"] == "AWAITING_USER_CONFIRMATION"
    payin = airtm.payin(topup)
    assert shown["confirmation_url"].endswith(f"/simulators/airtm/payin/{payin.id}")
    assert payin.confirmation_uri.endswith(f"/api/v1/topups/{topup}/returned"), "ours, with the id"
    assert airtm.row() == UNPAID

    airtm.confirm(topup)
    assert airtm.status(topup) == "SUCCEEDED"
    assert airtm.row() == PAID
    assert airtm.findings() == []


def test_a_top_up_is_cancelled_at_airtm_as_well(airtm: Airtm) -> None:
    topup = airtm.top_up()
    answer = airtm.act(topup, "cancel")
    assert (answer.status_code, answer.json()["status"]) == (202, "CANCELING")
    assert (airtm.status(topup), airtm.payin(topup).status) == ("CANCELED", "CANCELED")
    assert airtm.row() == UNPAID
    again = airtm.act(topup, "cancel")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "INVALID_STATE")


def test_a_top_up_that_airtm_was_never_asked_for_is_cancelled_at_once(airtm: Airtm) -> None:
    topup = airtm.api.made("topups", {"user_id": airtm.ada, "amount": "50.00"})["id"]
    answer = airtm.api.post(f"topups/{topup}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "CANCELED")
    airtm.worker.settle()
    assert not AirtmPayin.objects.exists()


def test_w11_a_payment_that_beat_the_cancel_is_credited(airtm: Airtm) -> None:
    topup = airtm.top_up()
    airtm.api.made(f"topups/{topup}/cancel")
    payins.confirm(airtm.payin(topup).id, email="ada@example.com")
    airtm.worker.settle()
    assert airtm.status(topup) == "SUCCEEDED"
    assert airtm.row() == PAID


def test_a_payment_under_way_is_waited_for_although_it_was_to_be_cancelled(airtm: Airtm) -> None:
    topup = airtm.top_up()
    payins.begin(airtm.payin(topup).id)
    airtm.act(topup, "refresh")
    assert airtm.status(topup) == "PROCESSING"
    assert airtm.act(topup, "cancel").status_code == 409
    airtm.confirm(topup)
    assert airtm.row() == PAID


def test_a_cancel_that_airtm_refuses_leads_back(airtm: Airtm) -> None:
    topup = airtm.top_up()
    airtm.fault("refuse_calls", call="DELETE /payins", code="415030")
    airtm.act(topup, "cancel")
    assert airtm.status(topup) == "AWAITING_USER_CONFIRMATION"
    airtm.act(topup, "cancel")
    assert airtm.status(topup) == "CANCELED"


def test_nobody_paid_within_fifteen_days(airtm: Airtm) -> None:
    topup = airtm.top_up()
    airtm.pass_time(days=14)
    assert airtm.status(topup) == "AWAITING_USER_CONFIRMATION"
    airtm.pass_time(days=2)
    assert airtm.status(topup) == "EXPIRED"
    assert airtm.row() == UNPAID


def test_a_page_that_airtm_itself_closes_has_expired(airtm: Airtm) -> None:
    topup = airtm.top_up()
    airtm.fault("refuse_calls", times=99, call="DELETE /payins", code="415030")
    payins.expire(airtm.payin(topup).id)
    airtm.worker.settle()
    assert airtm.status(topup) == "CANCELED", "closed before its time"
    late = airtm.top_up()
    airtm.pass_time(days=16)
    assert airtm.status(late) == "EXPIRED"


def test_w11_what_is_paid_after_the_end_is_credited_then(airtm: Airtm) -> None:
    topup = airtm.top_up()
    airtm.fault("refuse_calls", call="DELETE /payins", code="415030")
    airtm.pass_time(days=16)
    assert airtm.status(topup) == "EXPIRED"
    AirtmPayin.objects.filter(code=topup).update(status="CREATED")
    payin = airtm.payin(topup)
    payin.created_at += payins.PAYABLE_FOR * 2
    payin.save()
    airtm.confirm(topup)
    assert airtm.status(topup) == "SUCCEEDED"
    assert airtm.row() == PAID


def test_w11_refresh_finds_a_payment_that_no_webhook_told_of(airtm: Airtm) -> None:
    topup = airtm.top_up()
    airtm.fault("lose_message", times=9)
    airtm.confirm(topup)
    assert airtm.status(topup) == "AWAITING_USER_CONFIRMATION"
    answer = airtm.act(topup, "refresh")
    assert answer.status_code == 202
    assert airtm.status(topup) == "SUCCEEDED"
    airtm.act(topup, "refresh")
    assert airtm.row() == PAID


def test_w11_the_poll_finds_it_as_well_and_looks_less_often_with_time(airtm: Airtm) -> None:
    topup = airtm.top_up()
    airtm.fault("lose_message", times=9)
    airtm.pass_time(days=5)
    row = TopUp.across_books.get(pk=topup)
    assert 3000 < (row.wake_at - topups.clock.now()).total_seconds() <= 3600
    payins.confirm(airtm.payin(topup).id, email="ada@example.com")
    airtm.pass_time(seconds=3601)
    assert airtm.status(topup) == "SUCCEEDED"


@pytest.mark.parametrize(("bearer", "available"), [("USER", "49.50"), ("PLATFORM", "50.00")])
def test_the_fee_is_borne_by_whom_the_marketplace_says(
    airtm: Airtm, bearer: str, available: str
) -> None:
    configure(topup_fee_bearer=bearer)
    enterprise = AirtmEnterprise.objects.get(name="Bazaar")
    enterprises.set_fee(enterprise, flat=Decimal(0), bps=100)
    topup = airtm.top_up()
    airtm.confirm(topup)
    assert airtm.row() == [available, "0.00", "0.00", "1049.50", "1049.50"]
    shown = airtm.api.seen(f"topups/{topup}")
    assert (shown["received"], shown["fee"]) == ("49.50", "0.50")


@pytest.mark.parametrize(
    ("setting", "row"),
    [("CREDIT", PAID), ("HOLD", ["0.00", "0.00", "50.00", "1050.00", "1050.00"])],
)
def test_a_stranger_who_pays_is_found_and_credited_or_held(
    airtm: Airtm, setting: str, row: list[str]
) -> None:
    configure(foreign_payer=setting)
    topup = airtm.top_up()
    airtm.confirm(topup, email="ben@example.com")
    assert airtm.status(topup) == "SUCCEEDED"
    assert airtm.row() == row
    assert airtm.findings() == ["topup_paid_by_another"]


def test_another_amount_than_asked_is_kept_for_somebody_to_decide(airtm: Airtm) -> None:
    topup = airtm.top_up()
    airtm.fault("wrong_amount", times=99, call="GET /payins")
    airtm.confirm(topup)
    assert airtm.row()[:3] == ["0.00", "0.00", "51.00"]
    assert airtm.findings() == ["topup_amount_differs"]


def test_a_code_that_something_else_has_fails_it_with_a_finding(airtm: Airtm) -> None:
    topup = airtm.api.made("topups", {"user_id": airtm.ada, "amount": "50.00"})["id"]
    airtm.fault("wrong_amount", times=2, call="GET /payins")
    TopUp.across_books.filter(pk=topup).update(asked_at=topups.clock.now())
    enterprise = AirtmEnterprise.objects.get(name="Bazaar")
    payins.create(enterprise, body=payin_body(topup, Decimal(50)))
    airtm.worker.settle()
    assert airtm.status(topup) == "FAILED"
    assert airtm.api.seen(f"topups/{topup}")["failure"]["code"] == "CODE_TAKEN"
    assert airtm.findings() == ["topup_code_taken"]
    airtm.confirm(topup)
    assert airtm.status(topup) == "SUCCEEDED", "it is paid all the same"
    assert airtm.api.seen(f"topups/{topup}")["failure"] is None


def test_a_top_up_that_was_undone_freezes_its_user(airtm: Airtm) -> None:
    topup = airtm.top_up()
    airtm.confirm(topup)
    payins.undo(airtm.payin(topup).id)
    airtm.worker.settle()
    assert airtm.status(topup) == "SUCCEEDED"
    assert airtm.findings() == ["succeeded_topup_undone"]
    refused = airtm.api.post("topups", {"user_id": airtm.ada, "amount": "1.00"})
    assert refused.json()["error"]["code"] == "SUBJECT_FROZEN"
    # The books show the loss until an operator has decided who bears it.
    assert airtm.row() == ["50.00", "0.00", "0.00", "1050.00", "1000.00"]


def test_that_a_top_up_was_undone_is_no_news_once_people_have_settled_it(airtm: Airtm) -> None:
    topup = airtm.top_up()
    airtm.confirm(topup)
    payins.undo(airtm.payin(topup).id)
    airtm.worker.settle()
    airtm.settle_finding("succeeded_topup_undone")
    airtm.act(topup, "refresh")
    assert (airtm.findings(), airtm.is_frozen()) == ([], False)
    AirtmPayin.objects.filter(code=topup).update(amount=51)
    airtm.act(topup, "refresh")
    assert (airtm.findings(), airtm.is_frozen()) == (["succeeded_topup_undone"], True)


def test_c17_w12_a_lost_answer_is_looked_up_before_it_is_asked_again(airtm: Airtm) -> None:
    airtm.fault("lose_message", times=99)
    asked = []
    for fault in ("lose_answers", "answer_html", "answer_error", "fail_calls"):
        airtm.fault(fault, call="POST /payins")
        asked.append(airtm.top_up("10.00"))
        assert airtm.status(asked[-1]) == "CREATED", fault
    airtm.pass_time(seconds=11)
    assert AirtmPayin.objects.count() == len(asked)
    for topup in asked:
        airtm.confirm(topup)
        airtm.act(topup, "refresh")
    assert airtm.row() == ["40.00", "0.00", "0.00", "1040.00", "1040.00"]


def test_w12_a_refused_call_decides_nothing_while_airtm_is_in_trouble(airtm: Airtm) -> None:
    airtm.fault("refuse_calls", times=2, call="POST /payins", code="415998")
    topup = airtm.top_up()
    assert airtm.status(topup) == "CREATED"
    airtm.pass_time(seconds=11)
    airtm.pass_time(seconds=11)
    assert airtm.status(topup) == "AWAITING_USER_CONFIRMATION"


def test_w09_a_failure_is_told_with_its_reason(airtm: Airtm) -> None:
    topup = airtm.top_up()
    payins.fail(airtm.payin(topup).id, reason="Card declined")
    airtm.worker.settle()
    shown = airtm.api.seen(f"topups/{topup}")
    assert shown["status"] == "FAILED"
    assert shown["failure"] == {"code": "PAYMENT_FAILED", "message": "Card declined"}


def test_w10_every_change_is_an_event(airtm: Airtm) -> None:
    topup = airtm.top_up()
    airtm.confirm(topup)
    types = Event.across_books.filter(resource_id=topup).order_by("id")
    assert list(types.values_list("type", flat=True)) == [
        "topup.created", "topup.awaiting_user_confirmation", "topup.succeeded",
    ]  # fmt: skip


def test_w35_messages_in_any_order_lead_to_the_same_end(airtm: Airtm) -> None:
    airtm.fault("reorder_messages", times=99)
    ended = []
    for number in range(5):
        topup = airtm.top_up(f"{number + 1}.00")
        payins.confirm(airtm.payin(topup).id, email="ada@example.com")
        ended.append(topup)
    airtm.worker.settle()
    assert {airtm.status(topup) for topup in ended} == {"SUCCEEDED"}
    assert airtm.row() == ["15.00", "0.00", "0.00", "1015.00", "1015.00"]


def test_w08_a_message_that_went_wrong_harms_nothing(airtm: Airtm) -> None:
    paid = []
    for fault in ("forge_signature", "stale_timestamp", "duplicate_message", "lose_message"):
        paid.append(airtm.top_up("12.50"))
        airtm.fault(fault)
        airtm.confirm(paid[-1])
    airtm.pass_time(seconds=61)
    assert {airtm.status(topup) for topup in paid} == {"SUCCEEDED"}
    assert airtm.row() == PAID
    forged = inbox.Inbound.objects.filter(verdict="FORGED").values_list("reason", flat=True)
    assert sorted(forged) == ["no signature matches", "the timestamp is too far from now"]


def test_w35_a_message_about_what_we_do_not_know_yet_is_kept_and_tried_again(
    airtm: Airtm,
) -> None:
    enterprise = AirtmEnterprise.objects.get(name="Bazaar")
    payins.create(enterprise, body=payin_body("topup_of_another", Decimal(5)))
    airtm.worker.settle()
    waiting = inbox.Inbound.objects.get(subject="topup_of_another")
    assert (waiting.absorbed_at, waiting.given_up_at) == (None, None)
    assert "NotKnownYet" in waiting.failure

    inbox.Inbound.objects.filter(pk=waiting.pk).update(attempts=inbox.MOST_ATTEMPTS - 1)
    inbox.absorb(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.given_up_at
    assert Finding.across_books.get(kind="message_given_up").subject == "topup_of_another"


def test_a_user_in_the_united_states_cannot_top_up(airtm: Airtm) -> None:
    amy = airtm.link("american@example.com", name="amy")
    answer = airtm.api.post("topups", {"user_id": amy, "amount": "5.00"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "AIRTM_USER_INVALID")


def test_who_is_suspended_in_the_meantime_is_not_asked_for_money(airtm: Airtm) -> None:
    topup = airtm.api.made("topups", {"user_id": airtm.ada, "amount": "50.00"})["id"]
    User.across_books.filter(pk=airtm.ada).update(status="SUSPENDED")
    airtm.worker.settle()
    assert airtm.status(topup) == "CREATED"
    assert not AirtmPayin.objects.exists()


def payin_body(code: str, amount: Decimal) -> dict[str, Any]:
    return {
        "code": code,
        "amount": amount,
        "description": "Top-up",
        "items": [{"description": "Top-up", "amount": amount, "quantity": 1}],
        "confirmationUri": "https://shop.example/ok",
        "cancelUri": "https://shop.example/no",
    }
