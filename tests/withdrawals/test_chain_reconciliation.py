"""Payments on the chain against what our books say of them, in both directions."""

import pytest

from integrations.providers.models import Submission
from integrations.providers.stellar import feed
from integrations.simulators.models import StellarOperation, StellarTransaction
from ledger import clock, reconciling
from ledger.compared import Agreement, Difference, Report, Window
from ledger.models import Finding
from ledger.money import DOLLAR
from tests import purse
from tests.cast import Sale, Worker
from tests.config.clerks import clerk
from withdrawals.chain_reconciliation import Leg, Payment, compare
from withdrawals.models import Withdrawal

PAID = Payment(subject="wd_1", tx_hash="h", target="G1", amount=50, posted=50)


@pytest.mark.parametrize(
    ("legs", "posted", "gap"),
    [
        ([("G1", 50)], 50, 0),
        ([("G1", 40)], 50, 10),
        ([("G1", 50)], 40, 10),
        ([("G2", 50)], 50, 50),  # to somebody else: all of it is at stake
        ([("G1", 50), ("G2", 5)], 50, 5),
        ([], 50, 50),
    ],
)
def test_a_payment_is_what_its_transaction_moved(legs: list[Leg], posted: int, gap: int) -> None:
    paid = Payment(subject="wd_1", tx_hash="h", target="G1", amount=50, posted=posted)
    seen = compare(paid, legs)
    if gap:
        assert isinstance(seen, Difference)
        assert (seen.kind, seen.amount) == ("payment_differs", gap)
    else:
        assert isinstance(seen, Agreement)


def run(book: int) -> Report:
    window = Window(since=None, until=clock.now())
    return reconciling.run(book, "withdrawals", window)


@pytest.mark.django_db(transaction=True)
def test_what_one_side_does_not_know_is_found(sale: Sale, worker: Worker) -> None:
    """4 are paid and never taken in; 6 are paid, and the chain has never heard of them."""
    assert feed.begin()
    book = purse.deposit(sale.ada, "10.00", worker).book_id
    body = {**purse.to(purse.outside(), "4.00", sale.ada), "commit": True}
    late = Withdrawal.across_books.get(pk=sale.api.made("withdrawals", body)["id"])
    while not Submission.across_books.filter(subject=late.pk, status="CONFIRMED").exists():
        assert worker.step()
    worker.forget()
    feed.follow()
    assert [one.subject for one in run(book).waiting] == [late.pk]
    purse.clock.advance(seconds=600)
    report = run(book)
    unposted = [one for one in report.differences if one.kind == "payment_unposted"]
    assert [(one.subject, one.amount) for one in unposted] == [(late.pk, 4 * DOLLAR)]
    finding = Finding.across_books.get(kind="payment_unposted")
    assert clerk("olga", "Finance").decide("post-missing", finding.pk).status_code == 302
    worker.settle()
    finding.refresh_from_db()
    assert finding.resolved_at
    assert run(book).status == "CLEAN"

    gone = purse.withdrawn(sale.api, worker, purse.to(purse.outside(), "6.00", sale.ada))
    assert run(book).status == "CLEAN"  # the feed has not told, and the chain is asked itself
    paid = StellarTransaction.objects.filter(inner_hash=gone["transaction_hash"])
    StellarOperation.objects.filter(transaction__in=paid).delete()
    paid.delete()
    [lost] = run(book).differences
    assert (lost.kind, lost.subject) == ("payment_not_on_chain", gone["id"])
    assert lost.amount == 6 * DOLLAR
