"""Ten withdrawals of 60.00 on 100.00 at once, and one withdrawal carried by many at once."""

from functools import partial

import pytest

from integrations.providers.models import Submission
from tests import purse
from tests.cast import Sale, Worker
from tests.races.together import at_once, outcomes
from withdrawals import payouts
from withdrawals.models import Withdrawal

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 10


def test_w04_parallel_withdrawals_spend_once(sale: Sale, worker: Worker) -> None:
    outside = purse.outside()
    purse.deposit(sale.ada, "100.00", worker)
    body = {**purse.to(outside, "60.00", sale.ada), "commit": True}
    answers = at_once(
        partial(sale.api.post, "withdrawals", body, idempotency_key=f"race-{n}")
        for n in range(TIMES)
    )
    assert outcomes(answers) == {(202, ""): 1, (422, "INSUFFICIENT_FUNDS"): TIMES - 1}
    worker.settle()
    assert Withdrawal.across_books.get().status == "COMPLETED"
    assert purse.on_chain(outside) == "60.00"
    assert sale.api.seen(f"users/{sale.ada}/balance")["available"] == "40.00"
    assert Submission.across_books.filter(purpose="withdrawal.pay").count() == 1


def test_w04_parallel_commits_of_several_pay_what_there_is(sale: Sale, worker: Worker) -> None:
    outside = purse.outside()
    purse.deposit(sale.ada, "100.00", worker)
    asked = [
        sale.api.made("withdrawals", purse.to(outside, "60.00", sale.ada))["id"]
        for _ in range(TIMES)
    ]
    worker.settle()
    answers = at_once(
        partial(sale.api.post, f"withdrawals/{one}/commit", idempotency_key=one) for one in asked
    )
    assert outcomes(answers) == {(202, ""): 1, (422, "INSUFFICIENT_FUNDS"): TIMES - 1}
    worker.settle()
    assert purse.on_chain(outside) == "60.00"


def test_one_withdrawal_is_carried_by_one(sale: Sale, worker: Worker) -> None:
    outside = purse.outside()
    purse.deposit(sale.ada, "100.00", worker)
    made = sale.api.made("withdrawals", {**purse.to(outside, "60.00", sale.ada), "commit": True})
    at_once([partial(payouts.proceed, made["id"])] * TIMES)
    worker.settle()
    assert purse.on_chain(outside) == "60.00"
    assert Submission.across_books.filter(subject=made["id"]).count() == 1


def test_a_cancel_and_the_claim_at_once_have_one_outcome(sale: Sale, worker: Worker) -> None:
    outside = purse.outside()
    purse.deposit(sale.ada, "100.00", worker)
    paid = 0
    for _ in range(5):
        body = {**purse.to(outside, "10.00", sale.ada), "commit": True}
        made = sale.api.made("withdrawals", body)["id"]
        at_once(
            [
                partial(payouts.proceed, made),
                partial(sale.api.post, f"withdrawals/{made}/cancel", idempotency_key=made),
            ]
        )
        worker.settle()
        status = sale.api.seen(f"withdrawals/{made}")["status"]
        assert status in {"COMPLETED", "CANCELED"}
        paid += status == "COMPLETED"
    assert sale.api.seen(f"users/{sale.ada}/balance")["available"] == f"{100 - 10 * paid}.00"
    if paid:
        assert purse.on_chain(outside) == f"{10 * paid}.00"
