"""Steps on the contract, with the worker killed between what the chain has done and what we know.

| window | what lies between                                  | the call at which the worker dies   |
|--------|----------------------------------------------------|-------------------------------------|
| C4     | deployed / the contract known to us                | the answer to the deployment        |
| C5     | deployed and seen / the escrow says so             | (waits for the order's row)         |
| C7     | money in the contract / in our books               | the answer to the funding           |
| C8     | one step of the release / the next                 | the answer to each                  |
| C9     | released on the chain / credited in our books      | the answer to the release           |
| C11    | refund: disputed / resolved on the contract        | each of the two, and what builds it |
| C12    | refunded on the chain / credited, closed           | the answer to the resolution        |
| C13    | split: chain / seller / buyer / order / dispute    | the same, and the settlement itself |
"""

from collections import Counter

import pytest

from integrations.providers.models import Submission
from ledger.models import Allocation, Event, Finding, Transfer
from payments.models import Order
from tests.cast import Sale, Worker
from tests.crashes.gate import on_the_chain, the_answer, the_request
from tests.crashes.mortal import Mortal, locked_rows
from tests.crashes.test_settlements import assert_told_and_posted_once
from tests.journeys.test_gig import check_out, money, statuses
from tests.journeys.test_one_sale import row

pytestmark = pytest.mark.django_db(transaction=True)

REFUND = {"requested_by": "SELLER", "reason": "I cannot do it."}
QUARREL = {"opened_by": "BUYER", "reason": "OTHER"}
SPLIT = {"decision": "SPLIT", "release_amount": "60.00", "refund_amount": "40.00", "note": "."}
OPENING = ["escrow.deploy", "escrow.fund"]
RELEASE = ["escrow.mark_done", "escrow.approve", "escrow.release"]
TWO_STEPS = {"escrow.dispute": 1, "escrow.resolve": 1}


def test_c04_c07_c08_c09_c12_what_the_chain_has_done_is_found_again(
    sale: Sale, worker: Worker, mortal: Mortal
) -> None:
    """Every answer of the chain is lost; those of Trustless Work change nothing (thorough)."""
    sale.top_up("150.00")
    for user in (sale.ada, sale.ben):
        sale.api.made(f"users/{user}/wallet")
    worker.settle()
    mortal.gate.hold = on_the_chain(the_answer)
    order = f"orders/{sale.agree('100.00')}"
    sale.api.made(f"{order}/checkout")
    mortal.settle()
    sale.api.made(f"{order}/release", {"requested_by": "BUYER"})
    mortal.settle()
    assert row(sale)[:6] == ["50.00", "0.00", "94.70", "0.00", "5.30", "0.30"]
    mortal.gate.hold = None
    second = f"orders/{sale.agree('50.00')}"
    sale.api.made(f"{second}/checkout")
    mortal.settle()
    mortal.gate.hold = on_the_chain(the_answer)
    sale.api.made(f"{second}/refund", REFUND)
    mortal.settle()
    assert row(sale)[:6] == ["50.00", "0.00", "94.70", "0.00", "5.30", "0.45"]
    assert mortal.deaths == len([*OPENING, *RELEASE]) + len(TWO_STEPS)
    assert_nothing_twice(mortal)


@pytest.mark.parametrize("act", ["checkout", "refund"])
def test_c05_c11_what_the_chain_has_shown_is_taken_in_once(
    act: str, sale: Sale, worker: Worker, mortal: Mortal
) -> None:
    """Killed between a step that is confirmed and all that follows from it."""
    sale.top_up("150.00")
    sale.check_out("100.00")
    order = sale.order if act == "refund" else sale.agree("50.00")
    sale.api.made(f"orders/{order}/{act}", REFUND if act == "refund" else {})
    before = sale.api.seen(f"orders/{order}")["escrow"]["status"]
    mortal.dies_behind(locked_rows(Order))
    last = Submission.across_books.latest("created_at")
    assert (last.status, before) == (
        "CONFIRMED",
        sale.api.seen(f"orders/{order}")["escrow"]["status"],
    )
    mortal.start_again()
    mortal.settle()
    ends = {"checkout": "IN_PROGRESS", "refund": "CLOSED"}
    assert sale.api.seen(f"orders/{order}")["status"] == ends[act]
    assert Submission.across_books.filter(purpose=last.purpose, order=order).count() == 1
    assert_nothing_twice(mortal)


@pytest.mark.thorough
def test_c11_c12_a_refund_is_finished_when_every_answer_is_lost(
    sale: Sale, worker: Worker, mortal: Mortal
) -> None:
    sale.top_up("150.00")
    sale.check_out("100.00")
    mortal.gate.hold = the_answer
    sale.api.made(f"orders/{sale.order}/refund", REFUND)
    mortal.settle()
    assert sale.api.seen(f"orders/{sale.order}")["outcome"] == "REFUNDED"
    assert row(sale)[:6] == ["150.00", "0.00", "0.00", "0.00", "0.00", "0.30"]
    assert_each_step_once(mortal)


def test_c11_c13_a_split_is_finished_when_every_request_is_lost(
    sale: Sale, worker: Worker, mortal: Mortal
) -> None:
    sale.top_up("150.00")
    sale.check_out("100.00")
    mortal.gate.hold = the_request
    dispute = sale.api.made(f"orders/{sale.order}/disputes", QUARREL)["id"]
    mortal.settle()
    sale.api.made(f"disputes/{dispute}/resolve", SPLIT)
    mortal.settle()
    assert sale.api.seen(f"disputes/{dispute}")["status"] == "RESOLVED"
    assert row(sale)[:6] == ["90.00", "0.00", "56.82", "0.00", "3.18", "0.30"]
    assert_each_step_once(mortal)


def test_c13_all_of_a_split_is_posted_and_closed_at_once(
    sale: Sale, worker: Worker, mortal: Mortal
) -> None:
    sale.top_up("150.00")
    sale.check_out("100.00")
    dispute = sale.api.made(f"orders/{sale.order}/disputes", QUARREL)["id"]
    worker.settle()
    sale.api.made(f"disputes/{dispute}/resolve", SPLIT)
    mortal.dies_needing(kind="available", subject=sale.ben)
    assert sale.api.seen(f"disputes/{dispute}")["status"] == "RESOLVING"
    assert sale.api.seen(f"orders/{sale.order}")["status"] == "DISPUTED"
    mortal.start_again()
    mortal.settle()
    assert row(sale)[:6] == ["90.00", "0.00", "56.82", "0.00", "3.18", "0.30"]
    assert_told_and_posted_once(sale.order, "order.closed", "split")


@pytest.mark.thorough
def test_c08_c11_milestones_side_by_side_are_finished_when_every_answer_is_lost(
    sale: Sale, worker: Worker, mortal: Mortal
) -> None:
    pieces = check_out(sale)
    mortal.gate.hold = the_answer
    sale.api.made(f"{pieces}/draft/release", {"requested_by": "BUYER"})
    sale.api.made(f"{pieces}/logo/refund", REFUND)
    mortal.settle()
    assert statuses(sale) == {"draft": "RELEASED", "logo": "REFUNDED", "card": "OPEN"}
    assert money(sale) == ["80.00", "20.00", "47.35", "2.65", "0.24"]
    assert_nothing_twice(mortal)


def assert_each_step_once(mortal: Mortal) -> None:
    assert_nothing_twice(mortal)
    assert mortal.deaths == len(mortal.gate.seen)
    ours = Submission.across_books.filter(purpose__in=TWO_STEPS)
    assert Counter(ours.values_list("purpose", flat=True)) == TWO_STEPS


def assert_nothing_twice(mortal: Mortal) -> None:
    """No step was repeated, nothing posted twice, nothing promised, nothing found."""
    assert mortal.deaths > 0
    assert set(Submission.across_books.values_list("status", flat=True)) == {"CONFIRMED"}
    told = Counter(Event.across_books.values_list("resource_id", "type"))
    assert {event: times for event, times in told.items() if times > 1} == {}
    causes = Counter(Transfer.across_books.values_list("kind", "cause"))
    assert set(causes.values()) == {1}
    assert not Allocation.across_books.filter(closed_at=None).exists()
    assert not Finding.across_books.exists()
