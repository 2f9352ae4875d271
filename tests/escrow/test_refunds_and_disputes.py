"""One order, refunded, disputed and decided in every way, with its money table.

An order of 100.00 at 5 %, of the 150.00 that Ada has.

| how it ends                              | Ada    | Ben   | fees  | protocol |
|------------------------------------------|--------|-------|-------|----------|
| released                                 |  50.00 | 94.70 |  5.30 |     0.30 |
| refunded, Ada made whole                 | 150.00 |  0.00 |  0.00 |     0.30 |
| refunded, Ada bears the fees             | 144.70 |  0.00 |  5.30 |     0.30 |
| split 60/40, Ada made whole              |  90.00 | 56.82 |  3.18 |     0.30 |
| split 60/40, Ada bears her part          |  87.88 | 56.82 |  5.30 |     0.30 |
"""

from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from escrow import obstacles
from escrow.models import Dispute, Escrow
from integrations.marketplaces.models import Marketplace
from integrations.providers.models import Submission, Wallet
from integrations.simulators.models import StellarTokenBalance
from ledger import chart
from ledger.events import SYSTEM
from ledger.models import Account, Allocation, Finding
from ledger.money import DOLLAR
from tests.cast import Sale
from tests.journeys.test_one_sale import row
from withdrawals import postings as corrections

pytestmark = pytest.mark.django_db(transaction=True)

ENDS = {
    "released": ["50.00", "0.00", "94.70", "0.00", "5.30", "0.30"],
    "refunded whole": ["150.00", "0.00", "0.00", "0.00", "0.00", "0.30"],
    "refunded": ["144.70", "0.00", "0.00", "0.00", "5.30", "0.30"],
    "split whole": ["90.00", "0.00", "56.82", "0.00", "3.18", "0.30"],
    "split": ["87.88", "0.00", "56.82", "0.00", "5.30", "0.30"],
}
SPLIT = {"decision": "SPLIT", "release_amount": "60.00", "refund_amount": "40.00", "note": "Both."}
QUARREL = {"opened_by": "BUYER", "reason": "QUALITY_ISSUE", "description": "It is blurred."}
REFUND = {"requested_by": "SELLER", "reason": "I cannot do it."}


@pytest.fixture
def funded(sale: Sale) -> Sale:
    sale.top_up("150.00")
    sale.check_out("100.00")
    return sale


def bear_fees(*, by: str) -> None:
    Marketplace.objects.filter(name="Bazaar").update(refund_fee_bearer=by)


def money(sale: Sale) -> list[str]:
    return row(sale)[:6]


def act(sale: Sale, path: str, body: Any = None) -> Any:
    """An act that is answered, and then carried out."""
    answer = sale.api.made(path, body)
    sale.worker.settle()
    return answer


def work_through(sale: Sale) -> None:
    """What is published now, and nothing that waits for somebody."""
    while sale.worker.step():
        pass


def seen(sale: Sale) -> tuple[str, str, str]:
    order = sale.api.seen(f"orders/{sale.order}")
    return order["status"], order["outcome"], order["escrow"]["status"]


def open_dispute(sale: Sale, **facts: str) -> str:
    return str(act(sale, f"orders/{sale.order}/disputes", {**QUARREL, **facts})["id"])


def steps(sale: Sale) -> list[str]:
    """What was done on the contract after it was funded, and by whose wallet."""
    wallets = dict(Wallet.across_books.values_list("address", "role"))
    holders = {w.address: w.holder for w in Wallet.across_books.exclude(holder="")}
    names = {sale.ada: "ADA", sale.ben: "BEN"}
    ours = Submission.across_books.filter(purpose__startswith="escrow.").order_by("pk")
    return [
        f"{s.purpose.partition('.')[2]} {names.get(holders.get(s.source, ''), wallets[s.source])}"
        for s in ours.exclude(purpose__in=["escrow.deploy", "escrow.fund"])
    ]


def assert_settled(sale: Sale) -> None:
    escrow = Escrow.across_books.get()
    for kind in chart.PER_ESCROW:
        assert Account.across_books.get(kind=kind, subject=escrow.id).balance == 0
    assert not Allocation.across_books.filter(closed_at=None).exists()
    assert not Finding.across_books.exists()


def test_a_seller_refunds_and_the_buyer_is_made_whole(funded: Sale) -> None:
    asked = act(funded, f"orders/{funded.order}/refund", REFUND)
    assert (asked["status"], asked["requested_by"]) == ("REFUND_REQUESTED", "SELLER")
    assert seen(funded) == ("CLOSED", "REFUNDED", "REFUNDED")
    assert money(funded) == ENDS["refunded whole"]
    assert steps(funded) == ["dispute BEN", "resolve RESOLVER"]
    assert_settled(funded)


def test_a_platforms_refund_is_disputed_by_the_fees_address(sale: Sale) -> None:
    bear_fees(by="USER")
    sale.top_up("150.00")
    sale.check_out("100.00")
    act(sale, f"orders/{sale.order}/refund", {**REFUND, "requested_by": "PLATFORM"})
    assert seen(sale) == ("CLOSED", "REFUNDED", "REFUNDED")
    assert money(sale) == ENDS["refunded"]
    assert steps(sale) == ["dispute FEES", "resolve RESOLVER"]
    assert_settled(sale)


def test_w38_a_dispute_is_raised_on_the_contract_at_once(funded: Sale) -> None:
    opened = funded.api.made(f"orders/{funded.order}/disputes", QUARREL)
    assert (opened["status"], opened["raised_at"]) == ("OPEN", None)
    assert seen(funded)[::2] == ("DISPUTED", "DISPUTING")
    funded.worker.settle()
    assert seen(funded)[::2] == ("DISPUTED", "DISPUTED")
    assert steps(funded) == ["dispute ADA"]
    [shown] = funded.api.seen(f"orders/{funded.order}")["disputes"]
    assert shown["raised_at"]
    assert money(funded) == ["50.00", "100.00", "0.00", "0.00", "0.00", "0.00"]


@pytest.mark.parametrize(
    ("opener", "decision", "bearer", "outcome", "end"),
    [
        ("BUYER", {"decision": "FULL_RELEASE", "note": "."}, "PLATFORM", "RELEASED", "released"),
        ("SELLER", {"decision": "FULL_REFUND", "note": "."}, "USER", "REFUNDED", "refunded"),
        ("SELLER", SPLIT, "USER", "SPLIT", "split"),
    ],
    ids=["release", "refund", "split"],
)
def test_w06_w13_a_decision_is_carried_out_and_its_fees_are_booked(
    sale: Sale, opener: str, decision: Any, bearer: str, outcome: str, end: str
) -> None:
    bear_fees(by=bearer)
    sale.top_up("150.00")
    sale.check_out("100.00")
    dispute = open_dispute(sale, opened_by=opener)
    decided = act(sale, f"disputes/{dispute}/resolve", decision)
    assert decided["status"] == "RESOLVING"
    assert seen(sale) == ("CLOSED", outcome, "RESOLVED")
    assert sale.api.seen(f"disputes/{dispute}")["status"] == "RESOLVED"
    assert money(sale) == ENDS[end]
    assert steps(sale) == [f"dispute {'ADA' if opener == 'BUYER' else 'BEN'}", "resolve RESOLVER"]
    assert_settled(sale)


def test_a_decision_made_before_it_was_raised_waits_for_that(funded: Sale) -> None:
    dispute = funded.api.made(f"orders/{funded.order}/disputes", QUARREL)["id"]
    act(funded, f"disputes/{dispute}/resolve", SPLIT)
    assert seen(funded) == ("CLOSED", "SPLIT", "RESOLVED")
    assert steps(funded) == ["dispute ADA", "resolve RESOLVER"]
    assert money(funded) == ENDS["split whole"]


@pytest.mark.parametrize(
    ("asked", "body", "outcome", "end"),
    [
        ("release", {"requested_by": "BUYER"}, "RELEASED", "released"),
        ("refund", REFUND, "REFUNDED", "refunded whole"),
    ],
)
def test_after_a_withdrawn_dispute_what_is_asked_ends_in_a_resolution(
    funded: Sale, asked: str, body: Any, outcome: str, end: str
) -> None:
    dispute = open_dispute(funded)
    assert act(funded, f"disputes/{dispute}/withdraw")["status"] == "WITHDRAWN"
    assert seen(funded) == ("IN_PROGRESS", None, "DISPUTED")
    act(funded, f"orders/{funded.order}/{asked}", body)
    assert seen(funded) == ("CLOSED", outcome, outcome)
    assert money(funded) == ENDS[end]
    assert steps(funded) == ["dispute ADA", "resolve RESOLVER"]
    assert_settled(funded)


def test_w38_disputes_follow_one_another(funded: Sale) -> None:
    first = open_dispute(funded)
    again = funded.api.post(f"orders/{funded.order}/disputes", QUARREL)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "DISPUTE_ALREADY_OPEN")
    act(funded, f"disputes/{first}/withdraw")
    second = open_dispute(funded, opened_by="SELLER")
    assert funded.api.seen(f"disputes/{second}")["raised_at"]
    assert steps(funded) == ["dispute ADA"]
    act(funded, f"disputes/{second}/resolve", SPLIT)
    assert seen(funded) == ("CLOSED", "SPLIT", "RESOLVED")
    assert Counter(Dispute.across_books.values_list("status", flat=True)) == {
        "WITHDRAWN": 1, "RESOLVED": 1,
    }  # fmt: skip


def test_a_dispute_withdrawn_before_it_was_raised_leaves_nothing_asked(funded: Sale) -> None:
    dispute = funded.api.made(f"orders/{funded.order}/disputes", QUARREL)["id"]
    act(funded, f"disputes/{dispute}/withdraw")
    assert seen(funded)[::2] in {("IN_PROGRESS", "FUNDED"), ("IN_PROGRESS", "DISPUTED")}
    act(funded, f"orders/{funded.order}/release", {"requested_by": "BUYER"})
    assert money(funded) == ENDS["released"]


def test_foreign_money_in_the_contract_goes_to_the_treasury(sale: Sale) -> None:
    bear_fees(by="USER")
    sale.top_up("150.00")
    sale.check_out("100.00")
    dispute = open_dispute(sale)
    contract = sale.api.seen(f"orders/{sale.order}")["escrow"]["contract_id"]
    a_stranger_sends(5 * DOLLAR, to=contract)
    act(sale, f"disputes/{dispute}/resolve", SPLIT)
    assert seen(sale) == ("CLOSED", "SPLIT", "RESOLVED")
    assert money(sale) == ["87.88", "0.00", "56.82", "0.00", "5.565", "0.315"]
    unattributed = Account.across_books.filter(kind="unattributed", balance__gt=0).get()
    assert unattributed.balance == 47_350_000
    assert_settled(sale)


def a_stranger_sends(amount: int, *, to: str) -> None:
    tokens = StellarTokenBalance.objects.filter(holder=to)
    tokens.update(balance=F("balance") + amount)


def test_what_is_in_dispute_is_frozen(funded: Sale) -> None:
    open_dispute(funded)
    order = f"orders/{funded.order}"
    for path, body in (
        ("release", {"requested_by": "BUYER"}), ("release", {"requested_by": "PLATFORM"}),
        ("refund", REFUND), ("deliver", {}), ("cancel", {}), ("checkout", {}),
    ):  # fmt: skip
        refused = funded.api.post(f"{order}/{path}", body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "INVALID_STATE")
    assert steps(funded) == ["dispute ADA"]


def take_own_money_away(sale: Sale) -> None:
    """A correction in Ben's favour costs the platform all that it has, and a stroop more."""
    book = Marketplace.objects.get(name="Bazaar").book_id
    with transaction.atomic():
        place, amount = chart.available(sale.ben), obstacles.own_money(book) + 1
        corrections.credited(book, place, amount, approval="apr_gift", by=SYSTEM)
