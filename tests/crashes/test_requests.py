"""The web process killed in the middle of a request, and the request sent again with its key.

A request writes everything in one transaction, the key included: either all of it is there, and the
key gives the same answer again, or nothing is, and the key is as good as new.

| window | what lies between                                  |
|--------|----------------------------------------------------|
| C1     | the buyer's money is reserved / the order says so  |
| C2     | the reservation is given back / the order is closed|
| C5     | the escrow says FUNDING / the order says so        |
| C8     | the order says RELEASE_REQUESTED / the escrow      |
| C11    | the order says REFUND_REQUESTED / the escrow       |
| C13    | a dispute and its decision / the escrow            |
| C14    | the seller's money is debited / the withdrawal     |
| C16    | the withdrawal / what it sets aside                |
| C21    | the act / the record of its idempotency key        |
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from escrow.models import Escrow
from integrations.marketplaces.models import IdempotencyKey
from ledger.models import Finding
from payments.models import Order
from tests.cast import Sale, Worker
from tests.crashes.mortal import (
    is_anybody_connected,
    is_kept_waiting,
    locked_account,
    locked_rows,
    until,
)
from tests.crashes.site import Site
from tests.crashes.test_settling import QUARREL, REFUND, SPLIT
from tests.journeys.test_one_sale import row
from withdrawals.models import Withdrawal

pytestmark = pytest.mark.django_db(transaction=True)

RELEASED = ["50.00", "0.00", "94.70", "0.00", "5.30", "0.30"]
REFUNDED = ["150.00", "0.00", "0.00", "0.00", "0.00", "0.30"]
SPLIT_UP = ["90.00", "0.00", "56.82", "0.00", "3.18", "0.30"]
RECORD = ("ledger", "payments", "escrow", "withdrawals", "marketplaces", "providers")


def test_c01_a_checkout_that_was_cut_short_left_nothing(
    sale: Sale, worker: Worker, site: Site
) -> None:
    sale.top_up("150.00")
    checkout = f"orders/{sale.agree('100.00')}/checkout"
    with nothing_left():
        kill_within(site, checkout, {}, account=("reserved", sale.ada))
    assert sale.api.seen(f"orders/{sale.order}")["status"] == "CREATED"

    again = sale.api.post(checkout, {}, idempotency_key="interrupted")
    assert (again.status_code, again.headers.get("Idempotency-Replay")) == (202, None)
    worker.settle()
    assert row(sale) == ["50.00", "100.00", "0.00", "0.00", "0.00", "0.00", "1150.00"]


def test_c02_a_cancellation_that_was_cut_short_left_nothing(
    sale: Sale, worker: Worker, site: Site
) -> None:
    sale.top_up("150.00")
    cancel = f"orders/{sale.agree('100.00')}/cancel"
    sale.api.made(f"orders/{sale.order}/reserve")
    with nothing_left():
        kill_within(site, cancel, {}, account=("reserved", sale.ada))
    assert sale.api.post(cancel, {}, idempotency_key="interrupted").status_code == 200
    assert row(sale)[:2] == ["150.00", "0.00"]


@pytest.mark.parametrize("act", ["fund", "release", "refund", "dispute", "resolve"])
def test_c05_c08_c11_c13_an_act_that_was_cut_short_left_nothing(
    act: str, sale: Sale, worker: Worker, site: Site
) -> None:
    """Killed after order or dispute have been written, while it waits for the escrow's row."""
    sale.top_up("150.00")
    path, body, end = prepared(sale, act)
    with nothing_left():
        kill_within(site, path, body, waiting_for=locked_rows(Escrow))
    again = sale.api.post(path, body, idempotency_key="interrupted")
    assert (again.status_code, again.headers.get("Idempotency-Replay")) == (202, None)
    worker.settle()
    assert row(sale)[:6] == end
    assert not Finding.across_books.exists()


def prepared(sale: Sale, act: str) -> tuple[str, Any, list[str]]:
    """An order about which this may be asked now, and how the money stands afterwards."""
    order = f"orders/{sale.agree('100.00')}"
    held = ["50.00", "100.00", "0.00", "0.00", "0.00", "0.00"]
    if act == "fund":
        for step in ("reserve", "escrow"):
            sale.api.made(f"{order}/{step}")
            sale.worker.settle()
        return f"{order}/escrow/fund", {}, held
    sale.api.made(f"{order}/checkout")
    sale.worker.settle()
    if act == "resolve":
        dispute = sale.api.made(f"{order}/disputes", QUARREL)["id"]
        sale.worker.settle()
        return f"disputes/{dispute}/resolve", SPLIT, SPLIT_UP
    return {
        "release": (f"{order}/release", {"requested_by": "BUYER"}, RELEASED),
        "refund": (f"{order}/refund", REFUND, REFUNDED),
        "dispute": (f"{order}/disputes", QUARREL, held),
    }[act]


def test_c14_c16_a_withdrawal_that_was_cut_short_left_nothing(
    sale: Sale, worker: Worker, site: Site
) -> None:
    sale.top_up("150.00")
    body = {
        "user_id": sale.ada, "amount": "40.00", "destination": {"type": "AIRTM"}, "commit": True,
    }  # fmt: skip
    with nothing_left():
        kill_within(site, "withdrawals", body, account=("paying_out", sale.ada))
    assert not Withdrawal.across_books.exists()

    again = sale.api.post("withdrawals", body, idempotency_key="interrupted")
    assert (again.status_code, again.headers.get("Idempotency-Replay")) == (202, None)
    worker.settle()
    assert row(sale) == ["110.00", "0.00", "0.00", "0.00", "0.00", "0.00", "1110.00"]


def test_c21_an_act_whose_answer_was_lost_is_answered_again_and_not_done_again(
    sale: Sale, worker: Worker, site: Site
) -> None:
    sale.top_up("150.00")
    checkout = f"orders/{sale.agree('100.00')}/checkout"
    asking = site.ask(checkout, {}, key="unanswered", Prefer="wait=20")
    until(lambda: Order.across_books.get().status == "ESCROW_CREATING")
    site.kill()  # it has committed, and waits for the escrow before it answers
    asking.join()

    again = sale.api.post(checkout, {}, idempotency_key="unanswered")
    assert (again.status_code, again.headers["Idempotency-Replay"]) == (202, "true")
    assert IdempotencyKey.objects.filter(key="unanswered").count() == 1
    worker.settle()
    assert row(sale) == ["50.00", "100.00", "0.00", "0.00", "0.00", "0.00", "1150.00"]


def kill_within(
    site: Site,
    path: str,
    body: Any,
    *,
    account: tuple[str, str] = ("", ""),
    waiting_for: AbstractContextManager[None] | None = None,
) -> None:
    """Kill the web process while its transaction waits for what the test has locked."""
    kind, subject = account
    with waiting_for or locked_account(kind=kind, subject=subject):
        asking = site.ask(path, body, key="interrupted")
        until(is_kept_waiting)
        site.kill()
        asking.join()
    until(lambda: not is_anybody_connected())


@contextmanager
def nothing_left() -> Iterator[None]:
    """Not one row more or less in any table of ours, and no balance or status changed."""
    before = everything()
    yield
    assert everything() == before


def everything() -> dict[str, str]:
    """A digest of each table of ours. A key's last use is no trace of a request."""
    tables = [
        model._meta.db_table
        for label in RECORD
        for model in apps.get_app_config(label).get_models()
        if model.__name__ != "ApiKey"
    ]
    with connection.cursor() as cursor:
        return {table: _digest(cursor, table) for table in tables}


def _digest(cursor: Any, table: str) -> str:
    cursor.execute(f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t")
    return str(cursor.fetchone()[0])
