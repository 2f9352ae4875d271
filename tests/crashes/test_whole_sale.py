"""The whole sale, with the worker killed at every call that changes something at a provider.

| window | what lies between                                | the call at which the worker dies      |
|--------|--------------------------------------------------|----------------------------------------|
| C3     | the order says ESCROW_CREATING / the deployment  | the request to build or to submit it   |
| C4     | contract deployed / contract known to us         | the answer to the deployment           |
| C6     | the buyer's money is set aside / the funding     | the request to build or to submit it   |
| C7     | money in the contract / in our books             | the answer to the funding              |
| C8     | one step of the release / the next               | each of the three, and what builds it  |
| C9     | released on the chain / credited in our books    | the answer to the release              |
| C16    | withdrawal / payout / its commit / our knowledge | the two calls about the payout         |
| C17    | top-up / payin / our knowledge                   | the call that makes the payin          |
| C24    | wallet / account and trustline on the chain      | the submission of each wallet          |
"""

from collections import Counter

import pytest

from integrations.providers.models import Submission, Wallet
from integrations.simulators.models import (
    AirtmEnterprise,
    AirtmPayin,
    AirtmPayout,
    StellarContract,
    StellarTransaction,
)
from ledger.models import Allocation, Event, Finding
from tests.cast import Sale
from tests.crashes.gate import Call, Hold, the_answer, the_request
from tests.crashes.mortal import Mortal
from tests.journeys.test_one_sale import row

pytestmark = pytest.mark.django_db(transaction=True)

SUBMITTED = {
    "wallet.open": 2,
    "escrow.deploy": 1,
    "escrow.fund": 1,
    "escrow.mark_done": 1,
    "escrow.approve": 1,
    "escrow.release": 1,
}
BUILT = [
    "deployer/single-release",
    "escrow/single-release/fund-escrow",
    "escrow/single-release/change-milestone-status",
    "escrow/single-release/approve-milestone",
    "escrow/single-release/release-funds",
]
CALLS = {
    "POST payins": 1,
    "POST payouts": 1,
    "POST commit": 1,
    "POST transactions": sum(SUBMITTED.values()),
    "POST update-from-txHash": len(BUILT),  # each step is announced to their read model
    **{f"POST {name.rpartition('/')[2]}": 1 for name in BUILT},
}


@pytest.mark.thorough
def test_c04_c07_c09_c16_c17_what_was_done_is_found_again_when_every_answer_is_lost(
    doomed_sale: Sale, mortal: Mortal
) -> None:
    play(doomed_sale, mortal, hold=the_answer)
    assert {submission.attempts for submission in Submission.across_books.all()} == {0}
    assert Counter(map(named, mortal.gate.seen)) == CALLS


def test_c03_c06_c08_c16_c17_c24_what_was_not_done_is_done_when_every_request_is_lost(
    doomed_sale: Sale, mortal: Mortal
) -> None:
    play(doomed_sale, mortal, hold=the_request)
    assert {submission.attempts for submission in Submission.across_books.all()} == {1}
    assert Counter(map(named, mortal.gate.seen)) == CALLS


def play(sale: Sale, mortal: Mortal, *, hold: Hold) -> None:
    """The journey of `test_one_sale`, with the worker dying all along, and the same money table."""
    mortal.gate.hold = hold
    sale.begin()
    sale.top_up("150.00")
    assert row(sale) == ["150.00", "0.00", "0.00", "0.00", "0.00", "0.00", "1150.00"]

    sale.check_out("100.00")
    assert row(sale) == ["50.00", "100.00", "0.00", "0.00", "0.00", "0.00", "1150.00"]

    sale.deliver()
    sale.release()
    assert row(sale) == ["50.00", "0.00", "94.70", "0.00", "5.30", "0.30", "1150.00"]
    order = sale.api.seen(f"orders/{sale.order}")
    assert (order["status"], order["outcome"]) == ("CLOSED", "RELEASED")

    withdrawal = sale.ask_for("94.70")
    sale.api.made(f"withdrawals/{withdrawal}/commit")
    mortal.settle()
    assert sale.api.seen(f"withdrawals/{withdrawal}")["status"] == "COMPLETED"
    assert row(sale) == ["50.00", "0.00", "0.00", "0.00", "5.30", "0.30", "1055.30"]

    assert mortal.deaths == sum(CALLS.values())
    assert_one_effect_each()


def assert_one_effect_each() -> None:
    """At the providers, whose word counts, and in what we keep about them."""
    payin, payout = AirtmPayin.objects.get(), AirtmPayout.objects.get()
    assert (payin.status, payout.status) == ("CONFIRMED", "COMPLETED")
    assert AirtmEnterprise.objects.get(name="Bazaar").available == 1150 - payout.gross_amount
    assert StellarContract.objects.count() == 1
    assert transactions_by_purpose() == SUBMITTED
    assert not Submission.across_books.exclude(status=Submission.Status.CONFIRMED).exists()
    assert not Wallet.across_books.exclude(status=Wallet.Status.READY).exists()
    assert not Allocation.across_books.filter(closed_at=None).exists()
    assert not Finding.across_books.exists()
    assert_each_state_was_announced_once()


def transactions_by_purpose() -> Counter[str]:
    """What entered the simulated ledger and is ours, by what it was for."""
    seen = StellarTransaction.objects.values_list("inner_hash", flat=True)
    ours = Submission.across_books.filter(inner_hash__in=seen)
    return Counter(ours.values_list("purpose", flat=True))


def assert_each_state_was_announced_once() -> None:
    told = Counter(Event.across_books.values_list("resource_id", "type"))
    assert {event: times for event, times in told.items() if times > 1} == {}


def named(call: Call) -> str:
    return f"{call.method} {call.path.rpartition('/')[2]}"
