"""Wherever a case is met, its page says what is wrong and offers what can be done about it."""

import re

import pytest
from django.apps import apps
from django.test import Client

from escrow import obstacles
from escrow.models import Dispute, Escrow
from integrations.marketplaces.models import User
from ledger import clock
from ledger.models import Approval, Finding
from payments.models import Milestone
from tests.backoffice import found
from tests.backoffice.reading import page, text
from tests.house import House
from withdrawals.models import Withdrawal

pytestmark = pytest.mark.django_db


def test_what_is_wrong_and_what_can_be_done_stands_on_every_page_of_a_sale(
    house: House, root: Client
) -> None:
    """The dispute, the finding and the milestones are decided about from the order as well."""
    dispute = Dispute.across_books.get(pk=house.dispute)
    escrow = Escrow.across_books.get(order=house.running)
    escrow.frozen_at = clock.now()
    escrow.save(update_fields=["frozen_at"])
    finding = Finding.across_books.get(kind=obstacles.NOT_OURS_TO_GIVE)
    piece = Milestone.across_books.get(order=house.gig, ref="draft")
    order = apps.get_model("payments.Order")
    for place, act, subject in (
        (page("change", order, dispute.order_id), "decide-dispute", dispute.pk),
        (page("change", order, house.running), "let-whole-refund-go", finding.pk),
        (page("change", Escrow, escrow.pk), "release-order", house.running),
        (page("change", order, house.gig), "release-milestone", piece.pk),
    ):
        assert f"/admin/decide/{act}/{subject}/" in text(root, place), act
    assert ">FROZEN<" in text(root, page("change", order, house.running))
    assert "Frozen since" in text(root, page("change", Escrow, escrow.pk))
    approval = Approval.across_books.get(pk=house.clearance)
    payout = text(root, page("change", Withdrawal, approval.subject))
    assert f"/admin/decide/agree/{approval.pk}/" in payout
    user = text(root, page("change", User, house.sale.ada))
    assert "/admin/decide/release-order/" not in user  # a user may have a thousand orders


def test_the_page_of_a_finding_proposes_an_act_by_its_name(house: House, root: Client) -> None:
    for find, title in (
        (found.missing, "Ask, and post what is missing"),
        (found.float_differs, "Adjust an account"),
        (found.loss, "Bear the loss"),
    ):
        shown = text(root, page("change", Finding, find(house).pk))
        assert f"Proposed: {title}" in shown
        [main] = re.findall(r'record-button-main"[^>]*>([^<]+)</a>', shown)
        assert main == title
