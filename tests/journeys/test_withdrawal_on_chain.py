"""USDC out of the house: from the user's own wallet, or covered by the treasury first.

| what happens                          | Ada available | paying out | Ada's wallet | treasury  | outside |
|---------------------------------------|---------------|------------|--------------|-----------|---------|
| Ada deposits 100 USDC                 |        100.00 |       0.00 |       100.00 | 10 000.00 |    0.00 |
| she withdraws 40.1234567              |    59.8765433 |       0.00 |   59.8765433 | 10 000.00 | 40.1234567 |
| she tops up 150 through Airtm         |   209.8765433 |       0.00 |   59.8765433 | 10 000.00 | 40.1234567 |
| she withdraws 200, covered            |     9.8765433 |       0.00 |   59.8765433 |  9 800.00 | 240.1234567 |
"""

import pytest

from integrations.providers.models import Submission, Wallet
from ledger.models import Allocation, Finding, Transfer
from tests import purse
from tests.cast import Sale, Worker

pytestmark = pytest.mark.django_db(transaction=True)


def row(sale: Sale, outside: str) -> list[str]:
    """One line of the money table; chain and books must say the same of every wallet."""
    ada = sale.api.seen(f"users/{sale.ada}/balance")
    own = Wallet.across_books.get(holder=sale.ada)
    treasury = Wallet.objects.of(own.book_id).get(role="TREASURY")
    for wallet in (own, treasury):
        assert purse.in_books(wallet.address) == purse.on_chain(wallet.address)
    held = [purse.on_chain(address) for address in (own.address, treasury.address, outside)]
    return [ada["available"], ada["paying_out"], *held]


def test_the_money_table_holds_at_every_step(sale: Sale, worker: Worker) -> None:
    outside = purse.outside()
    purse.deposit(sale.ada, "100.00", worker)
    assert row(sale, outside) == ["100.00", "0.00", "100.00", "10000.00", "0.00"]

    body = purse.to(outside, "40.1234567", sale.ada, memo="invoice 7")
    seen = purse.withdrawn(sale.api, worker, body)
    assert (seen["status"], seen["received"], seen["fee"]) == ("COMPLETED", "40.1234567", "0.00")
    sent = Submission.across_books.get(subject=seen["id"])
    assert (sent.purpose, sent.inner_hash) == ("withdrawal.pay", seen["transaction_hash"])
    assert row(sale, outside) == ["59.8765433", "0.00", "59.8765433", "10000.00", "40.1234567"]

    sale.top_up("150.00")
    seen = purse.withdrawn(sale.api, worker, purse.to(outside, "200.00", sale.ada))
    assert seen["status"] == "COMPLETED"
    assert row(sale, outside) == ["9.8765433", "0.00", "59.8765433", "9800.00", "240.1234567"]
    assert list(
        Submission.across_books.filter(subject=seen["id"])
        .order_by("pk")
        .values_list("purpose", flat=True)
    ) == ["withdrawal.cover", "withdrawal.pay"]
    assert Transfer.across_books.filter(kind="cover", trail=seen["id"]).count() == 1
    assert not Allocation.across_books.filter(closed_at=None).exists()
    assert not Finding.across_books.exists()


def test_it_is_checked_shown_and_then_committed(sale: Sale, worker: Worker) -> None:
    outside = purse.outside()
    purse.deposit(sale.ada, "100.00", worker)
    asked = sale.api.made("withdrawals", purse.to(outside, "60.00", sale.ada, memo="7"))
    assert asked["status"] == "CHECKING"
    worker.settle()
    seen = sale.api.seen(f"withdrawals/{asked['id']}")
    assert seen["status"] == "CREATED"
    assert seen["destination"] == {
        "type": "STELLAR", "email": None, "address": outside, "resolved_address": outside,
        "memo": "7", "memo_type": "TEXT", "network": "simulated",
    }  # fmt: skip
    assert sale.api.seen(f"users/{sale.ada}/balance")["available"] == "100.00"
    sale.api.made(f"withdrawals/{asked['id']}/commit")
    worker.settle()
    assert sale.api.seen(f"withdrawals/{asked['id']}")["status"] == "COMPLETED"
    assert purse.on_chain(outside) == "60.00"


def test_a_user_without_a_wallet_gets_one_to_be_paid_from(sale: Sale, worker: Worker) -> None:
    outside = purse.outside()
    sale.top_up("150.00")
    assert not Wallet.across_books.filter(holder=sale.ada).exists()
    seen = purse.withdrawn(sale.api, worker, purse.to(outside, "100.00", sale.ada))
    assert seen["status"] == "COMPLETED"
    assert purse.on_chain(outside) == "100.00"
