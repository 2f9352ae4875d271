"""Findings of a reconciliation, settled: adjusted by two, put off, ignored."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from integrations.marketplaces.models import User
from ledger import casework, reconciling
from ledger.chart import AIRTM_FLOAT
from ledger.compared import Correction, Difference, Window
from ledger.events import Actor
from ledger.models import Account, Finding, Transfer
from tests.config.clerks import Clerk, clerk
from tests.ledger import told
from tests.shop import Shop

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def one_difference(shop: Shop, ada: User, settings: Any) -> None:
    """Airtm holds 50 that our books know nothing of."""
    shop.fund(ada, "100.00")
    call_command("roles", verbosity=0)
    settings.WIRING = "tests.ledger.told"
    told.LINES[:] = [
        Difference(
            kind="payin_unknown",
            subject=SCRIPT,
            expected={},
            observed={"code": SCRIPT},
            amount=500_000_000,
            proposal="ADJUST",
            correction=Correction(AIRTM_FLOAT, 500_000_000),
        )
    ]
    run(shop)


def run(shop: Shop) -> reconciling.Report:
    moment = shop.marketplace.created_at
    return reconciling.run(shop.book, "topups", Window(since=None, until=moment))


@pytest.fixture
def olga() -> Clerk:
    return clerk("olga", "Finance")


@pytest.fixture
def oscar() -> Clerk:
    return clerk("oscar", "Finance")


def finding() -> Finding:
    return Finding.across_books.get()


def held(shop: Shop) -> int:
    return int(Account.objects.of(shop.book).get(kind="airtm_float").balance)


def test_an_adjustment_comes_filled_in_and_takes_two(shop: Shop, olga: Clerk, oscar: Clerk) -> None:
    form = olga.open("adjust-for-finding", finding().pk).context["form"]
    assert form.initial == {
        "kind": "airtm_float", "subject": "", "side": "debit", "amount": "50.00",
    }  # fmt: skip
    assert "150.00" in olga.preview("adjust-for-finding", finding().pk, **form.initial)
    approval = olga.asks_for("adjust-for-finding", finding().pk, **form.initial)
    assert held(shop) == 1_000_000_000
    olga.decide("agree", approval.pk)  # not by the one who asked
    assert held(shop) == 1_000_000_000
    oscar.decide("agree", approval.pk)
    assert held(shop) == 1_500_000_000
    settled = finding()
    assert (settled.resolved_by, settled.ignored) == ("operator:oscar", True)
    assert Transfer.across_books.get(kind="adjustment").cause == approval.pk
    assert run(shop).ignored == 1


def test_what_was_settled_meanwhile_is_not_adjusted(shop: Shop, olga: Clerk, oscar: Clerk) -> None:
    form = olga.open("adjust-for-finding", finding().pk).context["form"]
    approval = olga.asks_for("adjust-for-finding", finding().pk, **form.initial)
    with transaction.atomic():
        casework.settle(finding(), by=Actor("operator:sue"), reason="It was ours.")
    assert "settled this finding already" in oscar.decide("agree", approval.pk).content.decode()
    assert held(shop) == 1_000_000_000
    approval.refresh_from_db()
    assert approval.status == "REQUESTED"


def test_what_has_grown_since_it_was_asked_for_is_not_ignored(
    shop: Shop, olga: Clerk, oscar: Clerk, settings: Any
) -> None:
    settings.FOUR_EYES_ABOVE = "10.00"
    approval = olga.asks_for("ignore-finding", finding().pk)
    told.LINES[:] = [replace(told.LINES[0], observed={"code": "x"}, amount=90_000_000_000)]
    run(shop)
    assert "not the same sum" in oscar.decide("agree", approval.pk).content.decode().lower()
    assert (finding().resolved_at, finding().amount) == (None, 90_000_000_000)
    assert run(shop).status == "FINDINGS"


def test_what_has_changed_since_it_was_asked_for_is_not_adjusted(
    shop: Shop, olga: Clerk, oscar: Clerk
) -> None:
    """Most of it has explained itself: the old sum would be booked against nothing."""
    form = olga.open("adjust-for-finding", finding().pk).context["form"]
    approval = olga.asks_for("adjust-for-finding", finding().pk, **form.initial)
    rest = Correction(AIRTM_FLOAT, 10_000_000)
    told.LINES[:] = [replace(told.LINES[0], amount=10_000_000, correction=rest)]
    run(shop)
    assert "not the same sum" in oscar.decide("agree", approval.pk).content.decode().lower()
    assert (held(shop), finding().resolved_at) == (1_000_000_000, None)


def test_no_more_is_adjusted_than_was_found(shop: Shop, olga: Clerk, oscar: Clerk) -> None:
    """What is at stake stands on every list; nobody hides another sum behind it."""
    form = olga.open("adjust-for-finding", finding().pk).context["form"]
    asked = {**form.initial, "amount": "50.0000001"}
    assert "is about less" in olga.preview("adjust-for-finding", finding().pk, **asked)
    approval = olga.asks_for("adjust-for-finding", finding().pk, **asked)
    assert "is about less" in oscar.decide("agree", approval.pk).content.decode()
    assert (held(shop), finding().resolved_at) == (1_000_000_000, None)


def test_an_account_of_another_book_is_none(
    shop: Shop, other_shop: Shop, olga: Clerk, oscar: Clerk
) -> None:
    dan = other_shop.user("dan")
    foreign = {"kind": "available", "subject": dan.id, "side": "credit", "amount": "5.00"}
    approval = olga.asks_for("adjust-for-finding", finding().pk, **foreign)
    assert oscar.decide("agree", approval.pk).status_code == 200  # the page again, with a refusal
    assert not Transfer.across_books.filter(kind="adjustment").exists()
    assert finding().resolved_at is None


def test_it_is_put_off_and_leaves_the_queue(shop: Shop, olga: Clerk) -> None:
    assert "findings" in olga.read("/admin/").split("Empty:")[0].lower()
    assert olga.decide("wait-with-finding", finding().pk, days=3).status_code == 302
    assert "Findings" in olga.read("/admin/").split("Empty:")[1]
    assert finding().resolved_at is None
    assert olga.decide("wait-with-finding", finding().pk, days=-1).status_code == 200


def test_it_is_ignored_for_good(shop: Shop, olga: Clerk) -> None:
    assert (
        olga.decide("ignore-finding", finding().pk, reason="a test of Airtm's").status_code == 302
    )
    assert (finding().ignored, finding().resolution) == (True, "a test of Airtm's")
    assert run(shop).status == "CLEAN"


def test_nothing_is_asked_for_where_nothing_could_be_posted(olga: Clerk) -> None:
    page = olga.read(f"/admin/ledger/finding/{finding().pk}/change/")
    assert "adjust-for-finding" in page
    assert "Proposed: Adjust an account (Debit airtm_float)" in page
    assert "post-missing" not in page
    assert SCRIPT not in page


@pytest.mark.parametrize("act", ["adjust-for-finding", "ignore-finding", "post-missing"])
def test_whoever_may_only_look_decides_nothing(act: str) -> None:
    otto = clerk("otto", "Viewer")
    assert otto.open(act, finding().pk).status_code == 403
    assert otto.decide(act, finding().pk).status_code == 403
    assert finding().resolved_at is None
