"""Goods that are delivered and paid by the clock, and a booking that is given back.

Each order is 100.00 at 5 %, of the 150.00 that Ada has.

| what happens                                  | Ada    | in escrow | Ben   |
|-----------------------------------------------|--------|-----------|-------|
| checkout of goods, released 48 hours later    |  50.00 |    100.00 |  0.00 |
| Ben delivers; 47 hours, a dispute, withdrawn  |  50.00 |    100.00 |  0.00 |
| 47 hours later                                |  50.00 |    100.00 |  0.00 |
| one hour later nobody has objected            |  50.00 |      0.00 | 94.70 |
"""

from typing import Any

import pytest

from escrow import freezing
from integrations.marketplaces import users
from integrations.marketplaces.models import User
from integrations.simulators import clock
from ledger import acts, casework, sweeping
from ledger import clock as product_clock
from ledger.events import Actor
from ledger.models import Event, Finding
from tests.cast import Sale
from tests.journeys.test_gig import agree, check_out, statuses
from tests.journeys.test_one_sale import row

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = 3600
REFUND = {"requested_by": "SELLER", "reason": "Broken."}
QUARREL = {"opened_by": "BUYER", "reason": "NOT_DELIVERED"}


def pass_by(sale: Sale, *, hours: int) -> None:
    clock.advance(seconds=hours * HOUR)
    sweeping.sweep()
    sale.worker.settle()


def order(sale: Sale) -> Any:
    return sale.api.seen(f"orders/{sale.order}")


def goods(sale: Sale) -> None:
    sale.top_up("150.00")
    agree(sale, milestones=[], auto_release_after_hours=48)
    sale.api.made(f"orders/{sale.order}/checkout")
    sale.worker.settle()


def test_goods_are_paid_by_the_clock_that_a_dispute_starts_anew(sale: Sale) -> None:
    goods(sale)
    assert order(sale)["auto_release_at"] is None
    delivered = sale.api.made(f"orders/{sale.order}/deliver", {"evidence": "Parcel 77"})
    assert delivered["auto_release_at"] > delivered["delivered_at"]
    again = sale.api.post(f"orders/{sale.order}/deliver")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "INVALID_STATE")

    pass_by(sale, hours=47)
    dispute = sale.api.made(f"orders/{sale.order}/disputes", QUARREL)["id"]
    sale.worker.settle()
    assert order(sale)["auto_release_at"] is None
    pass_by(sale, hours=47)
    sale.api.made(f"disputes/{dispute}/withdraw")
    pass_by(sale, hours=47)
    assert order(sale)["status"] == "IN_PROGRESS"
    assert row(sale)[:3] == ["50.00", "100.00", "0.00"]
    pass_by(sale, hours=1)
    assert (order(sale)["status"], order(sale)["outcome"]) == ("CLOSED", "RELEASED")
    assert row(sale)[:3] == ["50.00", "0.00", "94.70"]
    asked = Event.across_books.get(type="order.release_requested")
    assert asked.actor == "auto-release"
    assert order(sale)["requested_by"] == "BUYER"


def test_the_clock_waits_for_a_suspended_party(sale: Sale) -> None:
    goods(sale)
    sale.deliver()
    User.across_books.filter(pk=sale.ben).update(status="SUSPENDED")
    pass_by(sale, hours=49)
    assert order(sale)["status"] == "IN_PROGRESS"
    assert Finding.across_books.get().kind == "auto_release_paused"
    sale.api.made(f"orders/{sale.order}/release", {"requested_by": "PLATFORM"})
    sale.worker.settle()
    assert order(sale)["outcome"] == "RELEASED"


def test_the_clock_stands_still_for_as_long_as_a_party_is_suspended(sale: Sale) -> None:
    goods(sale)
    sale.deliver()
    pass_by(sale, hours=40)
    sale.api.made(f"users/{sale.ben}/suspend", {"reason": "A complaint."})
    pass_by(sale, hours=100)
    assert Finding.across_books.get().resolved_at is None
    sale.api.made(f"users/{sale.ben}/reactivate", {"reason": "It was nothing."})
    pass_by(sale, hours=7)
    assert order(sale)["status"] == "IN_PROGRESS"
    assert Finding.across_books.get().resolved_at
    told = sale.api.made(f"orders/{sale.order}/refund?dry_run=true", REFUND)["expected_postings"]
    assert [each["account"] for each in told if each["direction"] == "CREDIT"] == [
        "available", "contract",
    ]  # fmt: skip
    pass_by(sale, hours=1)
    assert order(sale)["outcome"] == "RELEASED"


@pytest.mark.parametrize("what", ["user", "escrow"])
def test_who_is_frozen_has_the_time_to_object_afterwards(sale: Sale, what: str) -> None:
    """Nothing can be objected to meanwhile, so that nothing may be released in that very second."""
    goods(sale)
    sale.deliver()
    pass_by(sale, hours=40)
    if what == "user":
        users.freeze(sale.ada)  # the books have found something
    else:
        freezing.stop(order(sale)["escrow"]["id"])
    subject = sale.ada if what == "user" else order(sale)["escrow"]["id"]
    assert sale.api.post(f"orders/{sale.order}/disputes", QUARREL).status_code == 422
    pass_by(sale, hours=100)
    decided(f"unfreeze-{what}", subject)
    pass_by(sale, hours=7)
    assert order(sale)["status"] == "IN_PROGRESS"
    assert not Finding.across_books.filter(resolved_at=None).exists()
    pass_by(sale, hours=1)
    assert order(sale)["outcome"] == "RELEASED"


def decided(act: str, subject: str) -> None:
    """Two people agree that it may act again."""
    known = acts.named(act)
    record = known.about._base_manager.get(pk=subject)
    asked = {"answers": {}, "reason": "seen"}
    Finding.across_books.filter(subject=subject).update(resolved_at=product_clock.now())
    approval = acts.decide(known, record, by=Actor("operator:olga"), **asked).approval
    acts.decide(casework.Agree(), approval, by=Actor("operator:oscar"), **asked)


def test_a_partys_release_is_given_back_when_a_party_was_suspended_meanwhile(sale: Sale) -> None:
    goods(sale)
    sale.api.made(f"orders/{sale.order}/release", {"requested_by": "BUYER"})
    User.across_books.filter(pk=sale.ben).update(status="SUSPENDED")
    sale.worker.settle()
    assert (order(sale)["status"], order(sale)["failure"]["code"]) == (
        "IN_PROGRESS",
        "USER_SUSPENDED",
    )
    assert order(sale)["escrow"]["status"] == "FUNDED"


def test_each_milestone_has_a_clock_of_its_own(sale: Sale) -> None:
    pieces = check_out(sale, auto_release_after_hours=1)
    sale.api.made(f"{pieces}/draft/deliver")
    pass_by(sale, hours=1)
    assert statuses(sale) == {"draft": "RELEASED", "logo": "OPEN", "card": "OPEN"}


def test_nobody_delivers_out_of_a_dispute_and_is_paid_by_the_clock(sale: Sale) -> None:
    pieces = check_out(sale, auto_release_after_hours=48)
    sale.api.made(f"{pieces}/draft/disputes", QUARREL)
    sale.worker.settle()
    refused = sale.api.post(f"{pieces}/draft/deliver", {})
    pass_by(sale, hours=49)
    assert statuses(sale)["draft"] == "DISPUTED"
    assert row(sale)[2] == "0.00"
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "INVALID_STATE")


@pytest.mark.parametrize(
    ("asked", "ends"),
    [(("release", {"requested_by": "BUYER"}), "RELEASED"), (("refund", REFUND), "REFUNDED")],
)
def test_nobody_delivers_what_is_being_settled(
    sale: Sale, asked: tuple[str, Any], ends: str
) -> None:
    pieces = check_out(sale)
    act, body = asked
    sale.api.made(f"{pieces}/draft/{act}", body)
    refused = sale.api.post(f"{pieces}/draft/deliver", {})
    sale.worker.settle()
    assert statuses(sale)["draft"] == ends
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "INVALID_STATE")


def test_a_booking_is_cancelled_before_it_is_funded_and_refunded_after(sale: Sale) -> None:
    sale.top_up("150.00")
    sale.agree("100.00")
    sale.api.made(f"orders/{sale.order}/reserve")
    sale.api.made(f"orders/{sale.order}/escrow")
    sale.worker.settle()
    assert order(sale)["status"] == "ESCROW_CREATED"
    assert order(sale)["hold_expires_at"]
    sale.api.made(f"orders/{sale.order}/cancel", {"reason": "Rain."})
    assert row(sale)[:3] == ["150.00", "0.00", "0.00"]
    sale.worker.settle()
    assert order(sale)["escrow"]["status"] == "FAILED"

    sale.agree("100.00")
    sale.api.made(f"orders/{sale.order}/reserve")
    sale.api.made(f"orders/{sale.order}/escrow")
    sale.worker.settle()
    sale.api.made(f"orders/{sale.order}/escrow/fund")
    sale.worker.settle()
    assert order(sale)["status"] == "IN_PROGRESS"
    sale.api.made(f"orders/{sale.order}/refund", {"requested_by": "SELLER", "reason": "Snow."})
    sale.worker.settle()
    assert (order(sale)["status"], order(sale)["outcome"]) == ("CLOSED", "REFUNDED")
    assert row(sale)[:6] == ["150.00", "0.00", "0.00", "0.00", "0.00", "0.30"]
