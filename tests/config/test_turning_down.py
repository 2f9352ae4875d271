"""A whole refund is turned down while it is being carried out: what is on its way is not undone."""

import pytest
from django.db import transaction

from escrow import progress, stakes
from escrow.models import Escrow
from integrations.marketplaces.models import Marketplace
from integrations.providers.models import Submission
from ledger import chart, sweeping
from ledger.events import SYSTEM
from ledger.models import Approval, Finding
from ledger.money import parse
from payments.models import Order
from tests.cast import Sale
from tests.config.clerks import Clerk, clerk
from tests.config.test_workbench import available, whole_refund_asked_for
from withdrawals import postings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def olga(sale: Sale) -> Clerk:
    return clerk("olga", "Finance")


@pytest.fixture
def asked_for(sale: Sale, olga: Clerk) -> Approval:
    return whole_refund_asked_for(sale, olga)


def earn(amount: str) -> None:
    """The platform has money of its own again."""
    book = Marketplace.objects.get(name="Bazaar").book_id
    with transaction.atomic():
        postings.debited(book, chart.AIRTM_FLOAT, parse(amount), approval="apr_earned", by=SYSTEM)


def work_until_it_pays(sale: Sale) -> None:
    """To the moment in which the step that divides the contract is signed and not yet settled."""
    steps = Submission.across_books.filter(purpose="escrow.resolve")
    while not steps.exists():
        assert sale.worker.step() or sweeping.sweep()
    assert steps.get().status in Submission.UNDER_WAY


def standing(sale: Sale) -> tuple[str, str, int]:
    order = Order.across_books.get(pk=sale.order)
    return order.status, order.outcome, available(sale.ada)


@pytest.mark.parametrize("is_found_still", [True, False])
def test_what_is_being_paid_is_not_turned_back(
    sale: Sale,
    olga: Clerk,
    asked_for: Approval,
    is_found_still: bool,  # noqa: FBT001 – a parameter
) -> None:
    earn("100.00")
    Escrow.across_books.update(wake_at="2026-01-01T00:00:00Z")
    work_until_it_pays(sale)
    if is_found_still:  # by whoever looked at the platform's money a moment earlier
        Finding.across_books.update(resolved_at=None)
    page = olga.decide("turn-down", asked_for.id).content.decode()
    assert ("it comes first" in page) is is_found_still
    sale.worker.settle()
    assert standing(sale) == ("CLOSED", "REFUNDED", parse("150.00"))


def test_what_was_turned_back_is_not_paid(sale: Sale, olga: Clerk, asked_for: Approval) -> None:
    """Whoever carries it on has looked just before, and the platform has money by now."""
    before = stakes.of(Escrow.across_books.get().pk)
    assert olga.decide("turn-down", asked_for.id).status_code == 302
    earn("100.00")
    progress._go_on(before)
    sale.worker.settle()
    assert standing(sale) == ("IN_PROGRESS", "", parse("50.00"))
    assert not Submission.across_books.filter(purpose="escrow.dispute").exists()
