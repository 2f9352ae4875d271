"""One sale, end to end: topped up through Airtm, paid into escrow, delivered, released, paid out.

| what happens                   | Ada available | in escrow | Ben available | paying out | fees | protocol | Airtm    |
|--------------------------------|---------------|-----------|---------------|------------|------|----------|----------|
| Ada tops up 150.00             |        150.00 |      0.00 |          0.00 |       0.00 | 0.00 |     0.00 | 1 150.00 |
| checkout of an order of 100.00 |         50.00 |    100.00 |          0.00 |       0.00 | 0.00 |     0.00 | 1 150.00 |
| Ben delivers, Ada releases     |         50.00 |      0.00 |         94.70 |       0.00 | 5.30 |     0.30 | 1 150.00 |
| Ben commits a withdrawal       |         50.00 |      0.00 |          0.00 |      94.70 | 5.30 |     0.30 | 1 150.00 |
| Airtm has paid it              |         50.00 |      0.00 |          0.00 |       0.00 | 5.30 |     0.30 | 1 055.30 |
"""

from decimal import Decimal

import pytest

from integrations.simulators.models import AirtmEnterprise
from ledger import money
from ledger.models import Account, Book
from tests.cast import Api, Sale, Worker

pytestmark = pytest.mark.django_db(transaction=True)


def row(sale: Sale) -> list[str]:
    """One line of the money table, read through the API and from the books."""
    ada, ben = (sale.api.seen(f"users/{user}/balance") for user in (sale.ada, sale.ben))
    book = Book.objects.get(name="Bazaar").pk
    accounts = Account.objects.of(book).filter(subject="")
    books = {a.kind: money.text(a.balance) for a in accounts}
    return [
        ada["available"], ada["in_escrow"], ben["available"], ben["paying_out"],
        books["platform_fees"], books["protocol_fees"], books["airtm_float"],
    ]  # fmt: skip


def test_the_money_table_holds_at_every_step(sale: Sale, worker: Worker) -> None:
    sale.top_up("150.00")
    assert row(sale) == ["150.00", "0.00", "0.00", "0.00", "0.00", "0.00", "1150.00"]

    sale.check_out("100.00")
    assert row(sale) == ["50.00", "100.00", "0.00", "0.00", "0.00", "0.00", "1150.00"]

    sale.deliver()
    sale.release()
    assert row(sale) == ["50.00", "0.00", "94.70", "0.00", "5.30", "0.30", "1150.00"]
    order = sale.api.seen(f"orders/{sale.order}")
    assert (order["status"], order["outcome"]) == ("CLOSED", "RELEASED")
    contract = Account.across_books.get(kind="contract", subject=order["escrow"]["id"])
    assert contract.balance == 0

    withdrawal = sale.ask_for("94.70")
    sale.api.made(f"withdrawals/{withdrawal}/commit")
    assert row(sale) == ["50.00", "0.00", "0.00", "94.70", "5.30", "0.30", "1150.00"]

    worker.settle()
    assert sale.api.seen(f"withdrawals/{withdrawal}")["status"] == "COMPLETED"
    assert row(sale) == ["50.00", "0.00", "0.00", "0.00", "5.30", "0.30", "1055.30"]
    assert AirtmEnterprise.objects.get(name="Bazaar").available == Decimal("1055.30")


def test_an_answer_can_be_waited_for(sale: Sale, background: None) -> None:
    sale.top_up("150.00", wait=True)
    order = sale.agree("100.00")
    paid = sale.api.made(f"orders/{order}/checkout", Prefer="wait=25")
    assert paid["status"] == "IN_PROGRESS"


def test_another_marketplace_sees_nothing_of_it(sale: Sale, stranger: Api) -> None:
    sale.top_up("150.00")
    sale.check_out("100.00")
    for path in (
        f"users/{sale.ada}", f"users/{sale.ada}/balance", f"orders/{sale.order}",
        f"topups/{sale.topup}",
    ):  # fmt: skip
        assert stranger.get(path).status_code == 404, path
    for path, body in {
        f"users/{sale.ada}/airtm/link": {"email": "cleo@example.com"},
        f"orders/{sale.order}/deliver": {},
        f"orders/{sale.order}/release": {"requested_by": "BUYER"},
        f"orders/{sale.order}/checkout": {},
        f"sandbox/topups/{sale.topup}/confirm": {},
        "topups": {"user_id": sale.ada, "amount": "1.00"},
    }.items():
        assert stranger.post(path, body).status_code == 404, path
    for path in ("users", "orders", "topups", "withdrawals"):
        assert stranger.seen(path)["data"] == []
