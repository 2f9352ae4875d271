"""Payouts of 40.00 of Ada's 50.00 that come back: as deposits at Airtm, and never by a webhook.

| what happens                             | status              | available | paying out | Airtm    |
|------------------------------------------|---------------------|-----------|------------|----------|
| paid, and returned a week later          | RETURNED            |     50.00 |       0.00 | 1 050.00 |
| returned, and nobody says what           | COMPLETED           |     10.00 |       0.00 | 1 050.00 |
"""

from decimal import Decimal

import pytest
from django.db import transaction

from integrations.simulators.airtm import deposits, payouts
from integrations.simulators.models import AirtmEnterprise
from ledger import chart
from ledger.events import Actor
from ledger.models import Finding
from ledger.money import DOLLAR
from tests.airtm import Airtm
from tests.journeys.test_withdrawals import FUNDED, keep_waiting
from withdrawals import postings, rails, returns
from withdrawals.models import PayoutReturn, TreasuryMove

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def airtm(airtm: Airtm) -> Airtm:
    airtm.fund("50.00")
    return airtm


def test_a_payout_returned_a_week_later_is_credited(airtm: Airtm) -> None:
    withdrawal = airtm.withdraw()
    airtm.pass_time(days=7)
    payouts.refund(airtm.payout(withdrawal).id)
    returns.look_everywhere()
    assert airtm.status(withdrawal) == "RETURNED"
    assert airtm.row() == FUNDED
    returns.look_everywhere()
    assert airtm.row() == FUNDED
    assert airtm.findings() == []


def test_a_payout_that_bounces_is_found_by_the_look_up_and_settled_by_the_deposit(
    airtm: Airtm,
) -> None:
    withdrawal = airtm.withdraw()
    payouts.bounce(airtm.payout(withdrawal).id)
    airtm.worker.settle()
    assert airtm.status(withdrawal) == "COMPLETED"
    assert airtm.findings() == ["completed_payout_undone"]
    returns.look_everywhere()
    assert airtm.status(withdrawal) == "RETURNED"
    assert airtm.findings() == []
    [told] = Finding.across_books.filter(kind="completed_payout_undone")
    assert "the user is credited" in told.resolution
    assert airtm.row() == FUNDED


def test_a_return_that_names_no_payout_waits_for_somebody(airtm: Airtm) -> None:
    withdrawal = airtm.withdraw()
    payouts.refund_unnamed(airtm.payout(withdrawal).id)
    returns.look_everywhere()
    assert airtm.status(withdrawal) == "COMPLETED"
    assert airtm.row() == ["10.00", "0.00", "40.00", "1050.00", "1050.00"]
    assert airtm.findings() == ["return_without_payout"]


def test_a_second_return_of_one_payout_is_not_the_users(airtm: Airtm) -> None:
    withdrawal = airtm.withdraw()
    payouts.refund(airtm.payout(withdrawal).id)
    returns.look_everywhere()
    payouts.refund(airtm.payout(withdrawal).id)
    returns.look_everywhere()
    assert airtm.row() == ["50.00", "0.00", "40.00", "1090.00", "1090.00"]
    assert airtm.findings() == ["return_without_payout"]


def _in_transit(airtm: Airtm) -> TreasuryMove:
    """Treasury money that should arrive at Airtm, under some deposit id."""
    by, amount = Actor("operator:olga"), 40 * DOLLAR
    with transaction.atomic():
        move = TreasuryMove.start(by=by, book_id=airtm.book, route="TO_AIRTM", amount=amount)
        chart.open_accounts(airtm.book, [chart.in_transit(str(move.id))])
        move.advance(TreasuryMove.Status.IN_TRANSIT, by=by, left_as="0" * 64)
        postings.move_begun(airtm.book, str(move.id), postings.AIRTM_FLOAT, amount, by=by)
    return move


def _has_arrived(move: TreasuryMove, deposit: str) -> None:
    with transaction.atomic():
        by = Actor("operator:olga")
        rails.arrived_at_airtm(move, amount=move.amount, reference=deposit, by=by)


def test_attack_a_return_is_not_booked_again_as_treasury_money(airtm: Airtm) -> None:
    payouts.refund(airtm.payout(airtm.withdraw()).id)
    returns.look_everywhere()
    move = _in_transit(airtm)
    with pytest.raises(returns.IsAReturn):
        _has_arrived(move, PayoutReturn.across_books.get().deposit)
    move.refresh_from_db()
    assert move.status == "IN_TRANSIT"


def test_attack_what_was_named_as_treasury_money_is_not_booked_again_as_a_return(
    airtm: Airtm,
) -> None:
    """The user is not credited by a second booking of it, but by people."""
    withdrawal = airtm.withdraw()
    payouts.refund(airtm.payout(withdrawal).id)
    [deposit] = returns.unknown(airtm.book)
    move = _in_transit(airtm)
    _has_arrived(move, deposit.reference)
    for _ in range(2):
        returns.look_everywhere()
    assert airtm.status(withdrawal) == "COMPLETED"
    assert airtm.row()[:4] == ["10.00", "0.00", "0.00", "1010.00"]
    assert airtm.findings() == ["return_taken_as_arrival"]
    assert Finding.across_books.get().trail == withdrawal


def test_a_return_that_was_told_before_the_payment_is_settled_after_it(airtm: Airtm) -> None:
    keep_waiting()
    withdrawal = airtm.withdraw()
    airtm.fault("lose_message", times=9)
    payouts.complete(airtm.payout(withdrawal).id)
    payouts.refund(airtm.payout(withdrawal).id)
    returns.look_everywhere()
    assert airtm.status(withdrawal) == "RETURNED"
    assert airtm.row() == FUNDED


def test_what_failed_before_we_saw_it_paid_is_given_back_once(airtm: Airtm) -> None:
    keep_waiting()
    withdrawal = airtm.withdraw()
    airtm.fault("lose_message", times=9)
    payouts.complete(airtm.payout(withdrawal).id)
    payouts.bounce(airtm.payout(withdrawal).id)
    airtm.pass_time(seconds=31)
    assert airtm.status(withdrawal) == "FAILED"
    returns.look_everywhere()
    assert PayoutReturn.across_books.get().outcome == "NOTHING_OWED"
    assert airtm.row() == FUNDED


def test_every_page_of_deposits_is_read_until_all_is_known(airtm: Airtm) -> None:
    withdrawal = airtm.withdraw()
    payouts.refund(airtm.payout(withdrawal).id)
    enterprise = AirtmEnterprise.objects.get(name="Bazaar")
    for _ in range(105):  # more than one page
        deposits.fund(enterprise, amount=Decimal("0.01"))
    returns.look_everywhere()
    assert airtm.status(withdrawal) == "RETURNED"


def test_nothing_is_believed_of_deposits_that_cannot_be_read(airtm: Airtm) -> None:
    withdrawal = airtm.withdraw()
    payouts.refund(airtm.payout(withdrawal).id)
    for fault in ("answer_html", "fail_calls", "answer_error"):
        airtm.fault(fault, call="GET /deposits")
        returns.look_everywhere()
        assert airtm.status(withdrawal) == "COMPLETED", fault
    returns.look_everywhere()
    assert airtm.status(withdrawal) == "RETURNED"
