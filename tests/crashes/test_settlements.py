"""Killed in the middle of a settlement, while it waits for a row that the test has locked.

By then it has written the new status and its event, and not yet the money; all of it must vanish
with the process, and be done once by the next one.

| window | what lies between                                 |
|--------|---------------------------------------------------|
| C18    | the top-up has succeeded / it is credited         |
| C5, C7 | the money is in the contract / in our books       |
| C10    | the seller is credited / the order is closed      |
| C16    | the payout is completed / it has left our books   |
"""

from collections import Counter

import pytest

from ledger.models import Event, Transfer
from tests.cast import Sale, Worker
from tests.crashes.mortal import Mortal
from tests.journeys.test_one_sale import row

pytestmark = pytest.mark.django_db(transaction=True)


def test_c18_a_top_up_is_credited_once(sale: Sale, worker: Worker, mortal: Mortal) -> None:
    topup = sale.api.made("topups", {"user_id": sale.ada, "amount": "150.00"})["id"]
    worker.settle()
    sale.api.made(f"sandbox/topups/{topup}/confirm")
    mortal.dies_needing(kind="available", subject=sale.ada)
    assert sale.api.seen(f"topups/{topup}")["status"] == "AWAITING_USER_CONFIRMATION"
    mortal.start_again()
    mortal.settle()
    assert sale.api.seen(f"topups/{topup}")["status"] == "SUCCEEDED"
    assert row(sale) == ["150.00", "0.00", "0.00", "0.00", "0.00", "0.00", "1150.00"]
    assert_told_and_posted_once(topup, "topup.succeeded", "topup")


def test_c05_c07_an_escrow_is_funded_once_in_the_books(
    sale: Sale, worker: Worker, mortal: Mortal
) -> None:
    sale.top_up("150.00")
    order = sale.agree("100.00")
    sale.api.made(f"orders/{order}/checkout")
    mortal.dies_needing(kind="reserved", subject=sale.ada)
    assert sale.api.seen(f"orders/{order}")["status"] == "ESCROW_FUNDING"
    mortal.start_again()
    mortal.settle()
    assert sale.api.seen(f"orders/{order}")["status"] == "IN_PROGRESS"
    assert row(sale) == ["50.00", "100.00", "0.00", "0.00", "0.00", "0.00", "1150.00"]
    assert_told_and_posted_once(order, "order.in_progress", "escrow_funded")


def test_c10_a_released_order_is_credited_and_closed_at_once(
    sale: Sale, worker: Worker, mortal: Mortal
) -> None:
    sale.top_up("150.00")
    sale.check_out("100.00")
    sale.deliver()
    sale.api.made(f"orders/{sale.order}/release", {"requested_by": "BUYER"})
    mortal.dies_needing(kind="available", subject=sale.ben)
    assert sale.api.seen(f"orders/{sale.order}")["status"] == "RELEASE_REQUESTED"
    mortal.start_again()
    mortal.settle()
    assert sale.api.seen(f"orders/{sale.order}")["status"] == "CLOSED"
    assert row(sale) == ["50.00", "0.00", "94.70", "0.00", "5.30", "0.30", "1150.00"]
    assert_told_and_posted_once(sale.order, "order.closed", "release")


def test_c16_a_payout_leaves_the_books_once(sale: Sale, worker: Worker, mortal: Mortal) -> None:
    sale.top_up("150.00")
    body = {"user_id": sale.ada, "amount": "40.00", "destination": {"type": "AIRTM"}}
    withdrawal = sale.api.made("withdrawals", {**body, "commit": True})["id"]
    mortal.dies_needing(kind="paying_out", subject=sale.ada)
    assert sale.api.seen(f"withdrawals/{withdrawal}")["status"] == "COMMITTED"
    mortal.start_again()
    mortal.settle()
    assert sale.api.seen(f"withdrawals/{withdrawal}")["status"] == "COMPLETED"
    assert row(sale) == ["110.00", "0.00", "0.00", "0.00", "0.00", "0.00", "1110.00"]
    assert_told_and_posted_once(withdrawal, "withdrawal.completed", "withdrawal_completed")


def assert_told_and_posted_once(trail: str, event: str, transfer: str) -> None:
    told = Counter(Event.across_books.filter(trail=trail).values_list("resource_id", "type"))
    assert told[(trail, event)] == 1
    assert set(told.values()) == {1}
    assert Transfer.across_books.filter(trail=trail, kind=transfer).count() == 1
