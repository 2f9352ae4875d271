"""Withdrawals on chain, with the worker killed at every call that changes something on the chain.

| window | what lies between                                 | the call at which the worker dies     |
|--------|---------------------------------------------------|---------------------------------------|
| C14    | the money is set aside / the withdrawal is a row  | the web process, in the request       |
| C15    | row / cover / payment / our knowledge of each     | the submission of wallet, cover, pay  |
"""

from typing import Any

import pytest

from integrations.providers.models import Submission
from integrations.providers.stellar import wallets
from ledger.models import Allocation, Finding, Transfer
from ledger.money import DOLLAR
from tests import purse
from tests.cast import Sale, Worker
from tests.crashes.gate import the_answer, the_request
from tests.crashes.mortal import Mortal
from tests.crashes.site import Site
from tests.crashes.test_requests import kill_within, nothing_left
from tests.crashes.test_whole_sale import assert_each_state_was_announced_once
from withdrawals import treasury
from withdrawals.models import Withdrawal

pytestmark = pytest.mark.django_db(transaction=True)


def test_c14_a_withdrawal_cut_short_left_nothing(sale: Sale, worker: Worker, site: Site) -> None:
    outside = purse.outside()
    sale.top_up("150.00")
    body = {**purse.to(outside, "40.00", sale.ada), "commit": True}
    with nothing_left():
        kill_within(site, "withdrawals", body, account=("paying_out", sale.ada))
    assert not Withdrawal.across_books.exists()
    again = sale.api.post("withdrawals", body, idempotency_key="interrupted")
    assert again.status_code == 202
    worker.settle()
    assert purse.on_chain(outside) == "40.00"


@pytest.mark.parametrize(
    "hold", [the_answer, pytest.param(the_request, marks=pytest.mark.thorough)]
)
def test_c15_a_covered_withdrawal_is_paid_once_wherever_its_worker_dies(
    sale: Sale, worker: Worker, mortal: Mortal, hold: Any
) -> None:
    outside = purse.outside()
    sale.top_up("150.00")
    mortal.gate.hold = hold
    body = {**purse.to(outside, "100.00", sale.ada), "commit": True}
    withdrawal = sale.api.made("withdrawals", body)["id"]
    mortal.settle()
    assert sale.api.seen(f"withdrawals/{withdrawal}")["status"] == "COMPLETED"
    assert mortal.deaths == 3  # the wallet, the cover, the payment
    assert_paid_once(sale, withdrawal, outside)


def test_c15_a_worker_that_dies_while_it_settles_settles_once(
    sale: Sale, worker: Worker, mortal: Mortal
) -> None:
    outside = purse.outside()
    purse.deposit(sale.ada, "100.00", worker)
    body = {**purse.to(outside, "100.00", sale.ada), "commit": True}
    withdrawal = sale.api.made("withdrawals", body)["id"]
    mortal.dies_needing(kind="paying_out", subject=sale.ada)
    assert sale.api.seen(f"withdrawals/{withdrawal}")["status"] == "PENDING"
    mortal.start_again()
    mortal.settle()
    assert_paid_once(sale, withdrawal, outside)


@pytest.mark.parametrize(
    "hold", [the_answer, pytest.param(the_request, marks=pytest.mark.thorough)]
)
def test_c15_a_sweep_happens_once_wherever_its_worker_dies(
    sale: Sale, worker: Worker, mortal: Mortal, hold: Any
) -> None:
    wallet = purse.deposit(sale.ada, "100.00", worker)
    mortal.gate.hold = hold
    target = wallets.treasury(wallet.book_id)
    move = treasury.sweep(wallet, target, amount=70 * DOLLAR, reason="a test")
    assert move
    mortal.settle()
    move.refresh_from_db()
    assert (move.status, mortal.deaths) == ("ARRIVED", 1)
    assert purse.in_books(wallet.address) == purse.on_chain(wallet.address) == "30.00"
    assert purse.in_books(target.address) == purse.on_chain(target.address) == "10070.00"
    assert Transfer.across_books.filter(kind="cover").count() == 1
    assert not Allocation.across_books.filter(closed_at=None).exists()


def assert_paid_once(sale: Sale, withdrawal: str, outside: str) -> None:
    """On the chain, whose word counts, and in the books."""
    assert purse.on_chain(outside) == "100.00"
    assert sale.api.seen(f"users/{sale.ada}/balance")["paying_out"] == "0.00"
    kinds = Transfer.across_books.filter(trail=withdrawal).values_list("kind", flat=True)
    assert sorted(set(kinds)) == sorted(kinds)
    assert not Submission.across_books.exclude(status=Submission.Status.CONFIRMED).exists()
    assert not Allocation.across_books.filter(closed_at=None).exists()
    assert not Finding.across_books.exists()
    assert_each_state_was_announced_once()
