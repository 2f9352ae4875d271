"""Operators settle cases: disputes, suspended parties, payouts and refunds that take two."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from escrow.models import Dispute
from integrations.marketplaces.models import AuditEntry, Marketplace, User
from ledger.models import Account, Approval, Finding
from ledger.money import parse
from payments.models import Order
from tests.cast import Sale
from tests.config.clerks import Clerk, clerk
from tests.escrow.test_refunds_and_disputes import take_own_money_away, work_through
from withdrawals.models import Withdrawal

pytestmark = pytest.mark.django_db(transaction=True)

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def olga(sale: Sale) -> Clerk:
    return clerk("olga", "Finance")


@pytest.fixture
def oscar(sale: Sale) -> Clerk:
    return clerk("oscar", "Finance")


@pytest.fixture
def quarrel(sale: Sale) -> Dispute:
    """Ada disputes an order of 100 that Ben has delivered; there is room for two of them."""
    sale.top_up("150.00")
    sale.check_out("100.00")
    body = {"opened_by": "BUYER", "reason": "QUALITY_ISSUE", "description": SCRIPT,
            "evidence": [{"url": "https://example.com/shot.png", "note": SCRIPT}]}  # fmt: skip
    dispute = sale.api.made(f"orders/{sale.order}/disputes", body)["id"]
    sale.worker.settle()
    return Dispute.across_books.get(pk=dispute)


def available(user: str) -> int:
    return int(Account.across_books.get(kind="available", subject=user).balance)


def whole_refund_asked_for(sale: Sale, olga: Clerk) -> Approval:
    """A refund waits for two people, because the platform has no money of its own."""
    sale.top_up("150.00")
    sale.check_out("100.00")
    take_own_money_away(sale)
    sale.api.made(f"orders/{sale.order}/refund", {"requested_by": "SELLER", "reason": "no time"})
    work_through(sale)
    finding = Finding.across_books.get(kind="whole_refund_needs_approval")
    return olga.asks_for("let-whole-refund-go", finding.id, reason="our mistake")


def split(to_seller: str, to_buyer: str) -> dict[str, str]:
    return {"decision": "SPLIT", "release_amount": to_seller, "refund_amount": to_buyer}


def test_a_dispute_is_looked_into_and_split_by_two_people_on_its_page(
    sale: Sale, quarrel: Dispute, olga: Clerk, oscar: Clerk, settings: Any
) -> None:
    settings.FOUR_EYES_ABOVE = "50.00"
    olga.decide("assign-dispute", quarrel.id, assignee="olga")
    olga.decide("comment-on-dispute", quarrel.id, reason=SCRIPT, visibility="INTERNAL")
    with CaptureQueriesContext(connection) as ran:
        page = olga.read(f"/admin/escrow/dispute/{quarrel.id}/change/")
    assert len(ran) <= 30
    assert SCRIPT not in page
    for told in ("shot.png", "internal", "Buyer", "opened by them", "olga", "submission"):
        assert told in page, told

    preview = olga.preview("decide-dispute", quarrel.id, **split("60.00", "40.00"))
    assert [f">{sum_}<" in preview for sum_ in ("56.82", "40.00", "3.18")] == [True] * 3
    assert "Somebody else must agree" in preview
    quarrel.refresh_from_db()
    assert quarrel.decision == ""

    approval = olga.asks_for("decide-dispute", quarrel.id, **split("60.00", "40.00"))
    assert "cannot be the one" in olga.decide("agree", approval.id).content.decode()
    assert "56.82" in oscar.preview("agree", approval.id)
    assert oscar.decide("agree", approval.id).status_code == 302
    sale.worker.settle()
    order = Order.across_books.get(pk=sale.order)
    assert (order.status, order.outcome) == ("CLOSED", "SPLIT")
    assert (available(sale.ben), available(sale.ada)) == (parse("56.82"), parse("90.00"))
    acts = set(
        AuditEntry.across_books.filter(act__startswith="operator.").values_list("act", flat=True)
    )
    assert {"operator.asked-for.decide-dispute", "operator.decided.agree"} <= acts


def test_a_split_over_the_sum_and_a_second_decision_are_told(
    sale: Sale, quarrel: Dispute, olga: Clerk, oscar: Clerk
) -> None:
    assert "would be refused" in olga.preview("decide-dispute", quarrel.id, **split("60", "60"))
    assert olga.decide("decide-dispute", quarrel.id, **split("60", "60")).status_code == 200
    assert "Say who gets" in olga.preview("decide-dispute", quarrel.id, decision="SPLIT")
    assert olga.decide("decide-dispute", quarrel.id, decision="FULL_REFUND").status_code == 302
    late = oscar.decide("decide-dispute", quarrel.id, decision="FULL_RELEASE")
    assert late.status_code == 200
    assert "It is RESOLVING by now" in late.content.decode()
    quarrel.refresh_from_db()
    assert quarrel.decision == "FULL_REFUND"


def test_the_platform_releases_for_a_suspended_buyer(sale: Sale, olga: Clerk) -> None:
    sale.top_up("150.00")
    sale.check_out("100.00")
    assert olga.decide("suspend-user", sale.ada, reason="a chargeback").status_code == 302
    assert "94.70" in olga.preview("release-order", sale.order)
    assert "100.00" in olga.preview("refund-order", sale.order)
    olga.decide("release-order", sale.order, reason="delivered, and she is gone")
    sale.worker.settle()
    assert available(sale.ben) == parse("94.70")
    olga.decide("reactivate-user", sale.ada)
    assert User.across_books.get(pk=sale.ada).status == "ACTIVE"


@pytest.mark.parametrize("agreed", [True, False])
def test_a_large_payout_waits_until_somebody_agrees(
    sale: Sale,
    olga: Clerk,
    agreed: bool,  # noqa: FBT001 – a parameter
) -> None:
    Marketplace.objects.filter(name="Bazaar").update(payout_approval_above=parse("20.00"))
    sale.top_up("150.00")
    body = {"user_id": sale.ada, "amount": "50.00", "destination": {"type": "AIRTM"}}
    row = Withdrawal.across_books.get(
        pk=sale.api.made("withdrawals", {**body, "commit": True})["id"]
    )
    sale.worker.settle()
    row.refresh_from_db()
    assert (row.status, row.asked_at) == ("COMMITTED", None)
    approval = Approval.across_books.get(act="let-payout-go", subject=row.id)
    assert "Payouts awaiting approval" in olga.read("/admin/").split("Empty:")[0]
    assert f"/admin/decide/agree/{approval.id}/" in olga.read(
        f"/admin/ledger/approval/{approval.id}/change/"
    )
    olga.decide("agree" if agreed else "turn-down", approval.id, reason="looked at")
    sale.worker.settle()
    row.refresh_from_db()
    ends = (row.status, row.failure_code, available(sale.ada))
    paid = ("COMPLETED", "", parse("100.00"))
    assert ends == (paid if agreed else ("CANCELED", "PAYOUT_NOT_APPROVED", parse("150.00")))


@pytest.mark.parametrize("agreed", [True, False])
def test_a_whole_refund_beyond_our_own_money_is_let_go_by_two_or_given_back(
    sale: Sale,
    olga: Clerk,
    oscar: Clerk,
    agreed: bool,  # noqa: FBT001 – a parameter
) -> None:
    approval = whole_refund_asked_for(sale, olga)
    oscar.decide("agree" if agreed else "turn-down", approval.id)
    sale.worker.settle()
    order = Order.across_books.get(pk=sale.order)
    assert order.status == ("CLOSED" if agreed else "IN_PROGRESS")
    assert available(sale.ada) == parse("150.00" if agreed else "50.00")


def test_what_was_let_go_is_no_leave_for_a_later_refund(
    sale: Sale, olga: Clerk, oscar: Clerk
) -> None:
    """Agreed to, but given back because Ben was suspended meanwhile; then he asks for another."""
    oscar.decide("agree", whole_refund_asked_for(sale, olga).id)
    olga.decide("suspend-user", sale.ben)
    sale.worker.settle()
    assert sale.api.seen(f"orders/{sale.order}")["status"] == "IN_PROGRESS"

    olga.decide("reactivate-user", sale.ben)
    sale.api.made(f"orders/{sale.order}/refund", {"requested_by": "SELLER", "reason": "again"})
    work_through(sale)
    assert sale.api.seen(f"orders/{sale.order}")["status"] == "REFUND_REQUESTED"
    finding = Finding.across_books.get(kind="whole_refund_needs_approval", resolved_at=None)
    oscar.decide("agree", olga.asks_for("let-whole-refund-go", finding.id).id)
    sale.worker.settle()
    assert sale.api.seen(f"orders/{sale.order}")["status"] == "CLOSED"
    assert available(sale.ada) == parse("150.00")
