"""Airtm's side ways, with the worker killed at every call that changes something there.

| window | what lies between                                      | the call at which the worker dies |
|--------|--------------------------------------------------------|-----------------------------------|
| C17    | top-up / payin / our knowledge                         | the call that makes the payin     |
| C18    | the top-up is paid / its money is credited             | (waits for Ada's account)         |
| C16    | withdrawal / payout / its commit / our knowledge       | the two calls about the payout    |
|        | the cancel / its outcome                               | the call that cancels             |
|        | a return is seen / its money is credited               | (waits for Ada's account)         |
"""

import pytest

from integrations.simulators.airtm import payins, payouts
from integrations.simulators.models import AirtmPayin, AirtmPayout, AirtmPerson
from ledger import events
from ledger.models import Transfer
from tests.airtm import Airtm
from tests.cast import Api, Worker
from tests.crashes.gate import Hold, the_answer, the_request
from tests.crashes.mortal import Mortal, until
from withdrawals.models import PayoutReturn

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def doomed(bazaar: Api, mortal: Mortal) -> Airtm:
    airtm = Airtm(bazaar, mortal)  # type: ignore[arg-type]
    airtm.ada = airtm.link()
    return airtm


@pytest.mark.parametrize(
    "hold", [the_answer, pytest.param(the_request, marks=pytest.mark.thorough)]
)
def test_c16_c17_paid_cancelled_and_taken_back_once_however_often_the_worker_dies(
    doomed: Airtm, mortal: Mortal, hold: Hold
) -> None:
    mortal.gate.hold = hold
    paid, canceled = doomed.top_up("50.00"), doomed.top_up("7.00")
    doomed.confirm(paid)
    doomed.act(canceled, "cancel")
    assert doomed.status(canceled) == "CANCELED"
    assert doomed.row() == ["50.00", "0.00", "0.00", "1050.00", "1050.00"]

    AirtmPerson.objects.filter(email="ada@example.com").update(is_verified=False)
    waits, taken_back = doomed.withdraw("40.00"), doomed.withdraw("10.00")
    doomed.act(taken_back, "cancel")
    assert doomed.status(taken_back) == "CANCELED"
    doomed.complete(waits)
    assert doomed.row() == ["10.00", "0.00", "0.00", "1010.00", "1010.00"]

    # Each of: two payins, one cancel of them, two payouts, two commits, one cancel.
    assert mortal.deaths == 8
    assert (AirtmPayin.objects.count(), AirtmPayout.objects.count()) == (2, 2)


def test_c18_killed_between_paid_and_credited(airtm: Airtm, mortal: Mortal) -> None:
    topup = airtm.top_up("50.00")
    payins.confirm(airtm.payin(topup).id, email="ada@example.com")
    mortal.dies_needing(kind="available", subject=airtm.ada)
    assert airtm.status(topup) == "AWAITING_USER_CONFIRMATION", "both or neither"
    mortal.start_again()
    mortal.settle()
    until(lambda: airtm.status(topup) == "SUCCEEDED")
    assert airtm.row() == ["50.00", "0.00", "0.00", "1050.00", "1050.00"]


def test_killed_between_seeing_a_return_and_crediting_it(
    airtm: Airtm, worker: Worker, mortal: Mortal
) -> None:
    airtm.fund("50.00")
    withdrawal = airtm.withdraw("40.00")
    payouts.refund(airtm.payout(withdrawal).id)
    worker.forget()
    events.wake("withdrawals.look_for_returns")
    mortal.dies_needing(kind="available", subject=airtm.ada)
    assert PayoutReturn.across_books.get().settled_at is None
    assert airtm.status(withdrawal) == "COMPLETED"
    mortal.start_again()
    events.wake("withdrawals.look_for_returns")
    until(lambda: airtm.status(withdrawal) == "RETURNED")
    assert Transfer.across_books.filter(kind="withdrawal_returned").count() == 1
    assert airtm.row() == ["50.00", "0.00", "0.00", "1050.00", "1050.00"]
