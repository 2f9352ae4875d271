"""When somebody's balance is too small, the operation waits with a finding, and goes on later.

| what happens                          | order B         | finding        |
|---------------------------------------|-----------------|----------------|
| the treasury holds 10 000             |                 |                |
| order A of 6 000 is checked out       |                 |                |
| order B of 6 000 is checked out       | ESCROW_FUNDING  | treasury_short |
| capital of 5 000 arrives and is booked| IN_PROGRESS     |                |
"""

import pytest
from django.db import transaction

from integrations.providers.models import Wallet
from integrations.simulators.models import StellarTrustline
from ledger import chart
from ledger.events import SYSTEM
from ledger.models import Allocation, Book, Finding
from ledger.money import DOLLAR
from tests.cast import Sale, Worker
from withdrawals import postings

pytestmark = pytest.mark.django_db(transaction=True)


def pay_capital_in(amount: int) -> None:
    """The owner sends USDC to the treasury, and the books are told by an approved adjustment."""
    book = Book.objects.get(name="Bazaar").pk
    treasury = Wallet.objects.of(book).get(role="TREASURY")
    trustline = StellarTrustline.objects.get(account_id=treasury.address)
    StellarTrustline.objects.filter(pk=trustline.pk).update(balance=trustline.balance + amount)
    with transaction.atomic():
        place = chart.wallet(treasury.address)
        postings.debited(book, place, amount, approval="apr_capital", by=SYSTEM)


def test_an_escrow_waits_for_a_treasury_that_is_short(sale: Sale, worker: Worker) -> None:
    sale.top_up("20000.00")
    sale.check_out("6000.00")
    order = sale.agree("6000.00")
    sale.api.made(f"orders/{order}/checkout")
    for _ in range(200):
        if worker.step() is None:
            break
    assert sale.api.seen(f"orders/{order}")["status"] == "ESCROW_FUNDING"
    assert Finding.across_books.get(kind="treasury_short").amount == 6000 * DOLLAR
    assert sale.api.seen(f"users/{sale.ada}/balance")["reserved"] == "6000.00"

    pay_capital_in(5000 * DOLLAR)
    worker.settle()
    assert sale.api.seen(f"orders/{order}")["status"] == "IN_PROGRESS"
    assert not Allocation.across_books.filter(closed_at=None).exists()
