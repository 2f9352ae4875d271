"""Withdrawals of 40.00 of Ada's 50.00 over Airtm, and every way in which they end.

| what happens                             | status              | available | paying out | Airtm    |
|------------------------------------------|---------------------|-----------|------------|----------|
| Ada has topped up                        |                     |     50.00 |       0.00 | 1 050.00 |
| paid                                     | COMPLETED           |     10.00 |       0.00 | 1 010.00 |
| it waits for its recipient               | PENDING_USER_ACTION |     10.00 |      40.00 | 1 050.00 |
| … and is cancelled                       | CANCELED            |     50.00 |       0.00 | 1 050.00 |
| Airtm cannot deliver it                  | FAILED              |     50.00 |       0.00 | 1 050.00 |
| our balance at Airtm is too small        | COMMITTED           |     10.00 |      40.00 |    30.00 |
| … and is funded                          | COMPLETED           |     10.00 |       0.00 |    30.00 |
"""

from decimal import Decimal

import pytest

from integrations.providers import redaction
from integrations.providers.models import Call
from integrations.simulators import clock
from integrations.simulators.airtm import deposits, enterprises, payouts
from integrations.simulators.models import AirtmEnterprise, AirtmPayout, AirtmPerson
from ledger import acts, casework, guarding, reconciling
from ledger.compared import Window
from ledger.events import Actor
from ledger.models import Allocation, Finding
from ledger.money import DOLLAR
from ledger.refusals import NotReady
from tests.airtm import Airtm
from tests.config.clerks import clerk
from tests.tables import run
from withdrawals import postings, returns
from withdrawals.models import Withdrawal

pytestmark = pytest.mark.django_db(transaction=True)

FUNDED = ["50.00", "0.00", "0.00", "1050.00", "1050.00"]
PAID = ["10.00", "0.00", "0.00", "1010.00", "1010.00"]
WAITS = ["10.00", "40.00", "0.00", "1050.00", "1050.00"]


@pytest.fixture
def airtm(airtm: Airtm) -> Airtm:
    airtm.fund("50.00")
    assert airtm.row() == FUNDED
    return airtm


def keep_waiting() -> None:
    """Ada's account receives nothing at once, from now on."""
    AirtmPerson.objects.filter(email="ada@example.com").update(receives_at_once=False)


def must_be_verified() -> None:
    AirtmPerson.objects.filter(email="ada@example.com").update(is_verified=False)


def test_a_withdrawal_is_paid(airtm: Airtm) -> None:
    withdrawal = airtm.withdraw()
    assert airtm.status(withdrawal) == "COMPLETED"
    assert airtm.row() == PAID
    asked = Call.objects.filter(trail=withdrawal, method="POST").order_by("pk")
    assert [call.path.rpartition("/")[2] for call in asked] == ["payouts", "commit"]
    assert '"commit":false' in asked[0].request
    assert "ada@example.com" not in asked[0].request, "an address is not kept whole"
    assert not Allocation.across_books.filter(closed_at=None).exists()


def test_the_fee_is_the_recipients(airtm: Airtm) -> None:
    enterprise = AirtmEnterprise.objects.get(name="Bazaar")
    enterprises.set_fee(enterprise, flat=Decimal("0.40"), bps=100)
    withdrawal = airtm.withdraw()
    shown = airtm.api.seen(f"withdrawals/{withdrawal}")
    assert (shown["received"], shown["fee"]) == ("39.20", "0.80")
    assert airtm.row() == PAID


def test_a_withdrawal_that_waits_for_its_recipient_is_completed_later(airtm: Airtm) -> None:
    must_be_verified()
    withdrawal = airtm.withdraw()
    assert airtm.status(withdrawal) == "PENDING_USER_ACTION"
    assert airtm.row() == WAITS
    airtm.complete(withdrawal)
    assert airtm.status(withdrawal) == "COMPLETED"
    assert airtm.row() == PAID


def test_a_withdrawal_that_waits_is_cancelled_at_airtm_as_well(airtm: Airtm) -> None:
    must_be_verified()
    withdrawal = airtm.withdraw()
    answer = airtm.act(withdrawal, "cancel")
    assert (answer.status_code, answer.json()["status"]) == (202, "CANCELING")
    assert (airtm.status(withdrawal), airtm.payout(withdrawal).status) == ("CANCELED", "CANCELED")
    assert airtm.row() == FUNDED


def test_a_cancel_that_came_too_late_is_paid(airtm: Airtm) -> None:
    must_be_verified()
    withdrawal = airtm.withdraw()
    airtm.api.made(f"withdrawals/{withdrawal}/cancel")
    payouts.complete(airtm.payout(withdrawal).id)
    airtm.worker.settle()
    assert airtm.status(withdrawal) == "COMPLETED"
    assert airtm.row() == PAID


def test_a_cancel_that_airtm_refuses_leads_back(airtm: Airtm) -> None:
    must_be_verified()
    withdrawal = airtm.withdraw()
    airtm.fault("refuse_calls", call="DELETE /payouts", code="415055")
    airtm.act(withdrawal, "cancel")
    assert airtm.status(withdrawal) == "PENDING_USER_ACTION"
    assert airtm.row() == WAITS


def test_what_was_asked_for_and_not_committed_is_cancelled_at_once(airtm: Airtm) -> None:
    body = {"user_id": airtm.ada, "amount": "40.00", "destination": {"type": "AIRTM"}}
    withdrawal = airtm.api.made("withdrawals", body)["id"]
    assert airtm.api.post(f"withdrawals/{withdrawal}/cancel").status_code == 409, "CHECKING"
    airtm.worker.settle()
    answer = airtm.api.post(f"withdrawals/{withdrawal}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "CANCELED")


def test_what_airtm_was_never_asked_for_is_cancelled_with_the_money_back(airtm: Airtm) -> None:
    body = {"user_id": airtm.ada, "amount": "40.00", "destination": {"type": "AIRTM"},
            "commit": True}  # fmt: skip
    withdrawal = airtm.api.made("withdrawals", body)["id"]
    assert airtm.api.made(f"withdrawals/{withdrawal}/cancel")["status"] == "CANCELED"
    airtm.worker.settle()
    assert not AirtmPayout.objects.exists()
    assert airtm.row() == FUNDED


def test_a_payout_that_is_being_sent_cannot_be_cancelled(airtm: Airtm) -> None:
    keep_waiting()
    withdrawal = airtm.withdraw()
    assert airtm.status(withdrawal) == "PENDING"
    assert airtm.act(withdrawal, "cancel").json()["error"]["code"] == "INVALID_STATE"


def test_w09_w10_a_failure_gives_the_money_back_and_says_why(airtm: Airtm) -> None:
    keep_waiting()
    withdrawal = airtm.withdraw()
    payouts.fail(airtm.payout(withdrawal).id)
    airtm.worker.settle()
    shown = airtm.api.seen(f"withdrawals/{withdrawal}")
    assert (shown["status"], shown["failure"]["code"]) == ("FAILED", "PAYOUT_UNDELIVERABLE")
    assert airtm.row() == FUNDED


WORDS = {
    "PROCESSING": "PENDING",
    "PENDING_USER_ACTION": "PENDING_USER_ACTION",
    "BRIDGE_USER_SIGNUP_PENDING": "PENDING_USER_ACTION",
    "ERROR": "PENDING",
    "BRIDGE_FAILED": "PENDING",
}


def test_w10_what_sends_no_webhook_is_polled(airtm: Airtm) -> None:
    keep_waiting()
    sent = {word: airtm.withdraw("8.00") for word in WORDS}
    for word, withdrawal in sent.items():
        payouts.stand(airtm.payout(withdrawal).id, at=word)
    airtm.pass_time(seconds=31)
    assert {word: airtm.status(withdrawal) for word, withdrawal in sent.items()} == WORDS
    airtm.fault("lose_message", times=9)
    for withdrawal in sent.values():
        payouts.complete(airtm.payout(withdrawal).id)
    airtm.pass_time(seconds=3601)
    assert {airtm.status(withdrawal) for withdrawal in sent.values()} == {"COMPLETED"}
    assert airtm.row() == PAID


def drain(airtm: Airtm, left: int) -> None:
    """The owner moves our balance at Airtm elsewhere, in both books."""
    enterprise = AirtmEnterprise.objects.get(name="Bazaar")
    taken = enterprise.available - left
    AirtmEnterprise.objects.filter(pk=enterprise.pk).update(available=left)
    run(lambda: postings.credited(
        airtm.book, postings.AIRTM_FLOAT, int(taken) * DOLLAR, approval="apr_drain",
        by=returns.AIRTM,
    ))  # fmt: skip


def test_too_small_a_balance_queues_the_payout_and_tells_the_treasury(airtm: Airtm) -> None:
    drain(airtm, 30)
    withdrawal = airtm.withdraw()
    assert airtm.status(withdrawal) == "COMMITTED"
    assert airtm.row() == ["10.00", "40.00", "0.00", "30.00", "30.00"]
    assert airtm.findings() == ["treasury_short"]
    assert not AirtmPayout.objects.exists()

    deposits.fund(AirtmEnterprise.objects.get(name="Bazaar"), amount=Decimal(40))
    run(lambda: postings.debited(
        airtm.book, postings.AIRTM_FLOAT, 40 * DOLLAR, approval="apr_fund", by=returns.AIRTM
    ))  # fmt: skip
    airtm.pass_time(seconds=11)
    assert airtm.status(withdrawal) == "COMPLETED"
    assert airtm.row() == ["10.00", "0.00", "0.00", "30.00", "30.00"]
    assert airtm.findings() == []
    assert Finding.across_books.get(kind="treasury_short").resolution


def test_a_balance_that_only_airtm_calls_too_small_queues_as_well(airtm: Airtm) -> None:
    airtm.fault("insufficient_balance")
    withdrawal = airtm.withdraw()
    assert airtm.status(withdrawal) == "COMMITTED"
    assert airtm.findings() == ["treasury_short"]
    airtm.pass_time(seconds=11)
    assert airtm.status(withdrawal) == "COMPLETED"
    assert airtm.findings() == []
    assert AirtmPayout.objects.count() == 1


def test_c16_w12_a_lost_answer_is_looked_up_and_paid_once(airtm: Airtm) -> None:
    """Of the instruction, of its commit, of the look-up, and of all of them."""
    sent = []
    for fault in ("lose_answers", "answer_html", "answer_error", "fail_calls"):
        for call in ("POST /payouts", "GET /payouts"):
            airtm.fault(fault, times=3, call=call)
            sent.append(airtm.withdraw("5.00"))
    for _ in range(6):
        airtm.pass_time(seconds=31)
    assert {airtm.status(withdrawal) for withdrawal in sent} == {"COMPLETED"}
    assert AirtmPayout.objects.count() == len(sent)
    assert airtm.row() == PAID


def test_an_instruction_for_somebody_else_is_never_committed(airtm: Airtm) -> None:
    airtm.fault("wrong_payee", times=99)
    withdrawal = airtm.withdraw()
    assert airtm.status(withdrawal) == "COMMITTED"
    assert airtm.payout(withdrawal).status == "CREATED"
    assert airtm.findings() == ["payout_instruction_differs"]
    assert airtm.row() == WAITS


def test_a_recipient_with_another_address_by_now_is_taken_by_two_people(airtm: Airtm) -> None:
    """Airtm shows the address of today; without somebody's word the payment is never booked."""
    keep_waiting()
    withdrawal = airtm.withdraw()
    AirtmPerson.objects.filter(email="ada@example.com").update(email="ada@new.example")
    AirtmPayout.objects.filter(code=withdrawal).update(recipient_email="ada@new.example")
    airtm.complete(withdrawal)
    assert (airtm.status(withdrawal), airtm.row()[1]) == ("PENDING", "40.00")
    assert airtm.findings() == ["payout_instruction_differs"]
    decided("take-payee", Finding.across_books.get())
    airtm.worker.settle()
    assert airtm.status(withdrawal) == "COMPLETED"
    assert airtm.row() == PAID
    assert airtm.findings() == []


def test_what_was_not_committed_to_another_is_not_taken(airtm: Airtm) -> None:
    airtm.fault("wrong_payee", times=99)
    airtm.withdraw()
    with pytest.raises(NotReady):
        decided("take-payee", Finding.across_books.get())


def decided(act: str, finding: Finding) -> None:
    """One asks, another agrees."""
    asked = {"answers": {}, "reason": "she told us"}
    approval = acts.decide(acts.named(act), finding, by=Actor("operator:olga"), **asked).approval
    acts.decide(casework.Agree(), approval, by=Actor("operator:oscar"), **asked)


def test_a_payout_of_another_amount_is_booked_as_it_was(airtm: Airtm) -> None:
    keep_waiting()
    withdrawal = airtm.withdraw()
    AirtmPayout.objects.filter(code=withdrawal).update(gross_amount=Decimal(39))
    AirtmEnterprise.objects.filter(name="Bazaar").update(pending=39, available=1011)
    airtm.complete(withdrawal)
    assert airtm.status(withdrawal) == "COMPLETED"
    assert airtm.row() == ["10.00", "0.00", "1.00", "1011.00", "1011.00"]
    assert airtm.findings() == ["payout_amount_differs"]


def test_paid_after_it_was_given_back_freezes_the_user(airtm: Airtm) -> None:
    keep_waiting()
    withdrawal = airtm.withdraw()
    payouts.fail(airtm.payout(withdrawal).id)
    airtm.worker.settle()
    assert airtm.row() == FUNDED
    AirtmPayout.objects.filter(code=withdrawal).update(status="PENDING")
    AirtmEnterprise.objects.filter(name="Bazaar").update(pending=40, available=1010)
    airtm.complete(withdrawal)
    assert airtm.findings() == ["paid_after_failure"]
    assert airtm.row() == ["50.00", "0.00", "0.00", "1010.00", "1010.00"]
    payouts.refund(airtm.payout(withdrawal).id)
    returns.look_everywhere()
    assert airtm.findings() == ["paid_after_failure", "return_of_a_loss"]
    assert airtm.row() == ["50.00", "0.00", "40.00", "1050.00", "1050.00"]


def test_paid_after_it_was_given_back_is_no_news_once_people_have_settled_it(airtm: Airtm) -> None:
    """A message that comes again, or a refresh, shows what they have seen; another amount is new."""
    keep_waiting()
    withdrawal = airtm.withdraw()
    payouts.fail(airtm.payout(withdrawal).id)
    airtm.worker.settle()
    AirtmPayout.objects.filter(code=withdrawal).update(status="PENDING")
    AirtmEnterprise.objects.filter(name="Bazaar").update(pending=40, available=1010)
    airtm.complete(withdrawal)
    airtm.settle_finding("paid_after_failure")
    airtm.act(withdrawal, "refresh")
    assert (airtm.findings(), airtm.is_frozen()) == ([], False)
    AirtmPayout.objects.filter(code=withdrawal).update(gross_amount=Decimal(41))
    airtm.act(withdrawal, "refresh")
    assert (airtm.findings(), airtm.is_frozen()) == (["paid_after_failure"], True)


def pays_unasked(withdrawal: str) -> None:
    """Somebody at Airtm's dashboard pays it."""
    enterprise = AirtmEnterprise.objects.get(name="Bazaar")
    body = {
        "airtmUserEmail": "ada@example.com", "code": withdrawal, "amount": Decimal(40),
        "enterpriseFee": Decimal(0), "notes": "", "internalNote": "", "requireIdVerified": False,
        "commit": True,
    }  # fmt: skip
    payouts.create(enterprise, body=body)


@pytest.mark.parametrize("told_by", ["its message", "a reconciliation"])
@pytest.mark.parametrize("status", ["CREATED", "CANCELED"])
def test_paid_though_nobody_had_committed_it_is_settled_by_staff(
    airtm: Airtm, told_by: str, status: str
) -> None:
    body = {"user_id": airtm.ada, "amount": "40.00", "destination": {"type": "AIRTM"}}
    withdrawal = str(airtm.api.made("withdrawals", body)["id"])
    airtm.worker.settle()
    if status == "CANCELED":
        airtm.act(withdrawal, "cancel")
    assert airtm.status(withdrawal) == status
    olga, oscar = clerk("olga", "Finance"), clerk("oscar", "Finance")
    airtm.fault("lose_message", times=9 if told_by == "a reconciliation" else 0)
    pays_unasked(withdrawal)
    airtm.worker.settle()
    window = Window(since=None, until=clock.advance(seconds=600))
    for differing in reconciling.run(airtm.book, "withdrawals", window).differences:
        assert told_by == "a reconciliation"
        assert (differing.kind, differing.proposal) == ("payout_unposted", "POST_MISSING")
        olga.decide("post-missing", Finding.across_books.get(kind=differing.kind).pk)
        airtm.worker.settle()

    assert airtm.status(withdrawal) == "CANCELED"
    assert airtm.row() == ["50.00", "0.00", "0.00", "1010.00", "1010.00"]
    assert airtm.findings() == ["paid_uncommitted"]
    assert not airtm.api.post(f"withdrawals/{withdrawal}/commit").ok
    collected = {"kind": "available", "subject": airtm.ada, "side": "debit", "amount": "40.00"}
    oscar.decide("agree", olga.asks_for("adjust", airtm.book, **collected).id)
    olga.decide("settle-finding", Finding.across_books.get(kind="paid_uncommitted").pk)
    oscar.decide("agree", olga.asks_for("unfreeze-user", airtm.ada).id)
    assert guarding.prove() == []  # or its user would be frozen again
    assert reconciling.run(airtm.book, "withdrawals", window).status == "CLEAN"
    assert airtm.row() == PAID
    assert airtm.status(airtm.withdraw("10.00")) == "COMPLETED"


def test_w10_a_late_event_moves_nothing_back(airtm: Airtm) -> None:
    keep_waiting()
    withdrawal = airtm.withdraw()
    airtm.fault("reorder_messages", times=99)
    payouts.complete(airtm.payout(withdrawal).id)
    airtm.worker.settle()
    assert airtm.status(withdrawal) == "COMPLETED"
    airtm.act(withdrawal, "refresh")
    assert airtm.status(withdrawal) == "COMPLETED"
    assert airtm.row() == PAID


@pytest.mark.parametrize("email", ["inactive@example.com", "banned@example.com"])
def test_an_account_that_is_closed_meanwhile_gets_nothing(airtm: Airtm, email: str) -> None:
    standing = AirtmPerson.objects.get(email=email).standing
    AirtmPerson.objects.filter(email="ada@example.com").update(standing=standing)
    withdrawal = airtm.withdraw()
    shown = airtm.api.seen(f"withdrawals/{withdrawal}")
    assert (shown["status"], shown["failure"]["code"].split("_")[0]) == ("FAILED", "RECIPIENT")
    assert airtm.row() == FUNDED


def test_no_secret_and_no_address_is_kept_with_a_call(airtm: Airtm) -> None:
    airtm.withdraw()
    for call in Call.objects.all():
        assert "ada@example.com" not in f"{call.path}{call.request}{call.response}"
    assert (
        redaction.text("ada@example.com")
        in Call.objects.filter(path__contains="/payouts", method="POST").earliest("pk").request
    )
    assert Withdrawal.across_books.get().email == "ada@example.com"
