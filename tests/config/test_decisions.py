"""Operators decide: what an act asks, shows before, does, and who must agree to it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User as Operator
from django.core.management import call_command
from django.db import transaction

from integrations.marketplaces import users
from integrations.marketplaces.models import AuditEntry, User
from ledger import allocations, approvals, chart
from ledger.events import Actor
from ledger.findings import find
from ledger.models import Account, Approval, Book, Comment, Event, Finding, Transfer
from ledger.money import parse as usd
from ledger.posting import credit, debit, post
from tests.config.clerks import Clerk, clerk
from tests.shop import Shop
from withdrawals.models import TreasuryMove

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def groups(db: None) -> None:
    call_command("roles", verbosity=0)


@pytest.fixture
def olga(groups: None) -> Clerk:
    return clerk("olga", "Finance")


@pytest.fixture
def oscar(groups: None) -> Clerk:
    return clerk("oscar", "Finance")


@pytest.fixture
def otto(groups: None) -> Clerk:
    return clerk("otto", "Viewer")


def balance(book: int, account: chart.Account) -> int:
    rows = Account.across_books.filter(book=book, kind=account.kind, subject=account.subject)
    return int(rows.get().balance)


def correction(user: User, amount: str = "12.50", side: str = "credit") -> dict[str, str]:
    return {"kind": "available", "subject": user.id, "side": side, "amount": amount}


def finding(shop: Shop, subject: str, amount: int = 0, **facts: str) -> Finding:
    find(book=shop.book, kind="something", subject=subject, amount=amount, **facts)
    return Finding.across_books.get(subject=subject)


class TestATreasuryMove:
    def test_takes_two_people_above_a_sum(
        self, shop: Shop, ada: User, olga: Clerk, oscar: Clerk
    ) -> None:
        shop.fund(ada, "2000.00")
        few = {"amount": "100.00", "reference": "wd-1"}
        assert olga.decide("move-from-airtm", shop.book, **few).status_code == 302
        first = TreasuryMove.across_books.get()
        assert (first.status, first.left_as) == ("IN_TRANSIT", "wd-1")

        many = {"amount": "1000.01", "reference": "wd-2"}
        approval = olga.asks_for("move-from-airtm", shop.book, **many)
        assert TreasuryMove.across_books.count() == 1
        oscar.decide("agree", approval.id)
        assert balance(shop.book, chart.AIRTM_FLOAT) == 8_999_900_000
        assert olga.decide("move-came-back", first.id).status_code == 302
        assert balance(shop.book, chart.AIRTM_FLOAT) == 9_999_900_000


class TestAnAdjustment:
    def test_is_shown_before_and_posted_when_somebody_else_agrees(
        self, shop: Shop, ada: User, olga: Clerk, oscar: Clerk
    ) -> None:
        page = olga.preview("adjust", shop.book, reason="a lost cent", **correction(ada))
        assert "12.50" in page
        assert "The platform bears" in page
        assert "Somebody else must agree" in page
        assert not Transfer.across_books.filter(kind="adjustment").exists()

        approval = olga.asks_for("adjust", shop.book, **correction(ada))
        assert balance(shop.book, chart.available(ada.id)) == 0
        assert "12.50" in oscar.preview("agree", approval.id, reason="checked")
        assert oscar.decide("agree", approval.id).status_code == 302
        assert balance(shop.book, chart.available(ada.id)) == 125_000_000
        posted = Transfer.across_books.get(kind="adjustment")
        assert (posted.cause, posted.actor) == (approval.id, "operator:oscar")

    def test_is_not_agreed_to_by_whoever_asked(self, shop: Shop, ada: User, olga: Clerk) -> None:
        approval = olga.asks_for("adjust", shop.book, **correction(ada))
        answer = olga.decide("agree", approval.id)
        assert "cannot be the one who agrees" in answer.content.decode()
        approval.refresh_from_db()
        assert approval.status == approval.Status.REQUESTED
        assert balance(shop.book, chart.available(ada.id)) == 0

    @pytest.mark.parametrize("lost", ["role", "active", "staff"])
    def test_is_not_agreed_to_once_whoever_asked_may_decide_no_longer(
        self, shop: Shop, ada: User, olga: Clerk, oscar: Clerk, lost: str
    ) -> None:
        approval = olga.asks_for("adjust", shop.book, **correction(ada))
        operator = Operator.objects.get(username="olga")
        if lost == "role":
            operator.groups.clear()
        else:
            Operator.objects.filter(pk=operator.pk).update(**{f"is_{lost}": False})
        assert "may not decide this any more" in oscar.preview("agree", approval.id)
        answer = oscar.decide("agree", approval.id)
        assert "may not decide this any more" in answer.content.decode()
        assert balance(shop.book, chart.available(ada.id)) == 0
        assert oscar.decide("turn-down", approval.id).status_code == 302

    def test_is_posted_once(self, shop: Shop, ada: User, olga: Clerk, oscar: Clerk) -> None:
        approval = olga.asks_for("adjust", shop.book, **correction(ada))
        oscar.decide("agree", approval.id)
        assert oscar.decide("agree", approval.id).status_code == 200
        assert balance(shop.book, chart.available(ada.id)) == 125_000_000

    def test_pages_about_a_person_leave_a_trail(
        self, shop: Shop, ada: User, olga: Clerk, oscar: Clerk
    ) -> None:
        approval = olga.asks_for("adjust", shop.book, **correction(ada))
        oscar.open("suspend-user", ada.pk)
        oscar.read(f"/admin/ledger/approval/{approval.pk}/change/")
        seen = AuditEntry.across_books.filter(act="operator.viewed", actor="operator:oscar")
        assert {entry.subject for entry in seen} == {ada.pk, approval.pk}

    def test_is_asked_for_once_at_a_time(self, shop: Shop, ada: User, olga: Clerk) -> None:
        olga.asks_for("adjust", shop.book, **correction(ada))
        once_more = correction(ada, "1.00")
        assert "has asked for this already" in olga.preview("adjust", shop.book, **once_more)
        again = olga.decide("adjust", shop.book, **once_more)
        assert "has asked for this already" in again.content.decode()

    def test_that_has_expired_is_not_agreed_to(
        self, shop: Shop, ada: User, olga: Clerk, oscar: Clerk
    ) -> None:
        approval = olga.asks_for("adjust", shop.book, **correction(ada))
        late = approval.expires_at - timedelta(hours=73)
        Approval.across_books.filter(pk=approval.pk).update(expires_at=late)
        assert "expired" in oscar.decide("agree", approval.id).content.decode()
        approvals.expire(approval.id)
        approval.refresh_from_db()
        assert approval.status == approval.Status.EXPIRED
        assert balance(shop.book, chart.available(ada.id)) == 0

    def test_of_another_book_is_refused(
        self, shop: Shop, other_shop: Shop, ada: User, olga: Clerk
    ) -> None:
        page = olga.preview("adjust", other_shop.book, reason="wrong book", **correction(ada))
        assert "would be refused" in page
        assert 'name="confirmed"' not in page

    def test_below_the_floor_is_refused(self, shop: Shop, ada: User, olga: Clerk) -> None:
        page = olga.preview("adjust", shop.book, reason="x", **correction(ada, side="debit"))
        assert "would be refused" in page

    def test_of_an_account_that_stands_for_rows_only_makes_it_their_sum(
        self, shop: Shop, ada: User, olga: Clerk, oscar: Clerk
    ) -> None:
        """Ada has 5.00 reserved, and no hold that says what for."""
        reserved = correction(ada, "5.00") | {"kind": "reserved"}
        assert "use the act about those" in olga.preview("adjust", shop.book, **reserved)
        with transaction.atomic():
            legs = [
                debit(chart.ADJUSTMENTS, usd("5.00")),
                credit(chart.reserved(ada.id), usd("5.00")),
            ]
            post(shop.book, "adjustment", cause="a mistake", legs=legs, by=Actor("test"))
        assert "use the act about those" in olga.preview("adjust", shop.book, **reserved)
        approval = olga.asks_for("adjust", shop.book, **reserved | {"side": "debit"})
        assert oscar.decide("agree", approval.id).status_code == 302
        assert balance(shop.book, chart.reserved(ada.id)) == 0

    @pytest.mark.parametrize("act", ["adjust", "adjust-for-finding"])
    def test_leaves_what_is_promised_to_payments_under_way(
        self, shop: Shop, ada: User, olga: Clerk, oscar: Clerk, act: str
    ) -> None:
        """The float holds 100, of which 80 are promised to a payout."""
        shop.fund(ada, "100.00")
        case = finding(shop, "airtm_float", amount=200_100_000, proposal="ADJUST")
        record = shop.book if act == "adjust" else case.pk
        with transaction.atomic():
            allocations.open_for(
                book=shop.book, name=chart.AIRTM_FLOAT, operation="wd_1", amount=800_000_000
            )
        gone = {"kind": "airtm_float", "side": "credit", "amount": "20.01"}
        assert "promised 0.01 more than would be left" in olga.preview(act, record, **gone)
        approval = olga.asks_for(act, record, **gone)
        assert "promised 0.01 more" in oscar.decide("agree", approval.id).content.decode()
        assert balance(shop.book, chart.AIRTM_FLOAT) == 1_000_000_000
        with transaction.atomic():
            allocations.close("wd_1")
        assert oscar.decide("agree", approval.id).status_code == 302
        assert balance(shop.book, chart.AIRTM_FLOAT) == 799_900_000

    @pytest.mark.parametrize("amount", ["", "0", "-1", "1e3", "1,00", "9" * 30, "1.12345678"])
    def test_of_a_bad_amount_is_asked_again(
        self, shop: Shop, ada: User, olga: Clerk, amount: str
    ) -> None:
        page = olga.preview("adjust", shop.book, reason="x", **correction(ada, amount))
        assert "record-refusal" in page
        assert "What will happen" not in page


class TestWhoMayDecide:
    def test_a_viewer_sees_no_button_and_no_page(self, shop: Shop, ada: User, otto: Clerk) -> None:
        page = otto.client.get(f"/admin/ledger/book/{shop.book}/change/").content.decode()
        assert "Adjust" not in page
        assert otto.open("adjust", shop.book).status_code == 403
        assert otto.decide("adjust", shop.book, **correction(ada)).status_code == 403
        assert not Approval.across_books.exists()

    def test_finance_sees_the_button(self, shop: Shop, olga: Clerk) -> None:
        page = olga.client.get(f"/admin/ledger/book/{shop.book}/change/").content.decode()
        assert f"/admin/decide/adjust/{shop.book}/" in page

    def test_support_does_not_agree(self, shop: Shop, ada: User, olga: Clerk) -> None:
        approval = olga.asks_for("adjust", shop.book, **correction(ada))
        assert clerk("sue", "Support").decide("agree", approval.id).status_code == 403

    def test_nobody_decides_without_a_reason(self, shop: Shop, ada: User, olga: Clerk) -> None:
        assert olga.decide("freeze-user", ada.id, reason="  ").status_code == 200
        ada.refresh_from_db()
        assert ada.frozen_at is None

    @pytest.mark.parametrize("url", ["nothing/x", "adjust/999999", "adjust/x%00", "agree/apr_x"])
    def test_what_does_not_exist_is_a_404(self, olga: Clerk, url: str) -> None:
        assert olga.client.get(f"/admin/decide/{url}/").status_code == 404

    def test_script_in_a_reason_stays_text(self, shop: Shop, ada: User, olga: Clerk) -> None:
        olga.decide("freeze-user", ada.id, reason="<script>alert(1)</script>")
        page = olga.client.get(f"/admin/marketplaces/user/{ada.id}/change/").content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page


class TestFreezing:
    def test_takes_one_and_unfreezing_takes_two(
        self, shop: Shop, ada: User, olga: Clerk, oscar: Clerk
    ) -> None:
        olga.decide("freeze-user", ada.id, reason="odd")
        with pytest.raises(users.SubjectFrozen), transaction.atomic():
            users.acting(ada.id)
        approval = olga.asks_for("unfreeze-user", ada.id)
        oscar.decide("agree", approval.id)
        with transaction.atomic():
            assert users.acting(ada.id).frozen_at is None
        told = Event.across_books.filter(resource_id=ada.id).values_list("type", "actor")
        assert ("user.unfrozen", "operator:oscar") in told

    def test_ends_only_when_the_findings_are_settled(
        self, shop: Shop, ada: User, olga: Clerk, oscar: Clerk
    ) -> None:
        olga.decide("freeze-user", ada.id)
        case = finding(shop, ada.id)
        approval = olga.asks_for("unfreeze-user", ada.id)
        assert "Settle the open findings" in oscar.decide("agree", approval.id).content.decode()
        olga.decide("settle-finding", case.id, reason="it was us")
        assert oscar.decide("agree", approval.id).status_code == 302
        ada.refresh_from_db()
        assert ada.frozen_at is None


class TestAFinding:
    def test_is_taken_commented_on_and_settled_with_its_story(
        self, shop: Shop, ada: User, olga: Clerk
    ) -> None:
        case = finding(shop, ada.id)
        olga.decide("take-finding", case.id, reason="mine")
        olga.decide("comment-on-finding", case.id, reason="asked Airtm")
        olga.decide("settle-finding", case.id, reason="Airtm paid twice")
        case.refresh_from_db()
        assert (case.owner, case.resolved_by) == ("operator:olga", "operator:olga")
        assert case.resolution == "Airtm paid twice"
        assert Comment.across_books.get(subject=case.id).body == "asked Airtm"
        page = olga.client.get(f"/admin/ledger/finding/{case.id}/change/").content.decode()
        assert "asked Airtm" in page

    def test_is_settled_once(self, shop: Shop, ada: User, olga: Clerk, oscar: Clerk) -> None:
        case = finding(shop, ada.id)
        olga.decide("settle-finding", case.id, reason="first")
        assert "settled this finding already" in (
            oscar.decide("settle-finding", case.id, reason="second").content.decode()
        )
        case.refresh_from_db()
        assert case.resolution == "first"

    def test_about_much_money_takes_two(self, shop: Shop, ada: User, olga: Clerk) -> None:
        case = finding(shop, ada.id, amount=20_000_000_000)
        olga.asks_for("settle-finding", case.id)
        case.refresh_from_db()
        assert case.resolved_at is None

    @pytest.mark.parametrize("verdict", ["agree", "turn-down"])
    @pytest.mark.parametrize("act", ["let-whole-refund-go", "book-foreign-end"])
    def test_of_another_kind_is_not_ended_by_an_address_that_somebody_types(
        self, shop: Shop, ada: User, olga: Clerk, oscar: Clerk, act: str, verdict: str
    ) -> None:
        about = finding(shop, ada.id, amount=90_000_000_000)
        approval = olga.asks_for(act, about.pk)
        (oscar if verdict == "agree" else olga).decide(verdict, approval.id)
        about.refresh_from_db()
        assert about.resolved_at is None

    def test_can_be_opened_again_when_it_comes_back(
        self, shop: Shop, ada: User, olga: Clerk
    ) -> None:
        olga.decide("settle-finding", finding(shop, ada.id).id)
        find(book=shop.book, kind="something", subject=ada.id)
        assert Finding.across_books.filter(subject=ada.id, resolved_at=None).count() == 1


def test_the_book_of_an_approval_is_that_of_its_record(
    shop: Shop, other_shop: Shop, ada: User, olga: Clerk
) -> None:
    approval = olga.asks_for("adjust", shop.book, **correction(ada))
    assert approval.book == Book.objects.get(pk=shop.book)
