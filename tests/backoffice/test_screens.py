"""Operators settle cases at their browsers, with the mouse and the keyboard."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User as Operator
from django.core.management import call_command
from django.test import Client

from escrow.models import Dispute
from integrations.marketplaces import users
from integrations.simulators import clock, switches
from ledger import money
from ledger.models import Account, Book, Finding
from ledger.money import DOLLAR
from payments.models import Order
from tests.backoffice.browser import NARROW, Browser, Window, elsewhere
from tests.config.clerks import clerk
from tests.house import SCRIPT, House
from withdrawals.models import Withdrawal

pytestmark = pytest.mark.django_db


@dataclass
class Pair:
    """Two operators of Finance, each at a window."""

    vera: Window
    walt: Window


@pytest.fixture(scope="module")
def sessions(house: House, django_db_blocker: Any) -> dict[str, str]:
    with django_db_blocker.unblock():
        clerks = {name: clerk(name, "Finance") for name in ("vera", "walt")}
        opened = {name: one.client.cookies["sessionid"].value for name, one in clerks.items()}
        return opened | {"ruth": superuser().cookies["sessionid"].value}


def superuser() -> Client:
    """Who alone may edit operators."""
    client = Client()
    client.force_login(Operator.objects.create_superuser("ruth"))
    return client


@pytest.fixture
def pair(browser: Browser, sessions: dict[str, str]) -> Iterator[Pair]:
    windows = {name: browser.window(sessions[name]) for name in ("vera", "walt")}
    yield Pair(**windows)
    for window in windows.values():
        assert window.complaints == []
        browser.does(window.page.context.close)


def agrees(window: Window, queue: str, subject: str) -> None:
    """The second person comes from the desk, reads what is asked for, and agrees."""
    window.goes_to("/admin/")
    window.follows(queue)
    window.follows(f"apr_…{subject[-6:]}")
    window.follows("Agree, and do it")
    decides(window, "Agree, and do it", "looked at it")


def decides(window: Window, title: str, reason: str) -> None:
    window.types("Reason", reason)
    window.presses("Show what will happen")
    window.presses(title)


def asked_for(act: str) -> str:
    from ledger.models import Approval  # noqa: PLC0415 – settings are read

    return str(Approval.across_books.get(act=act, status="REQUESTED").pk)


def test_a_lost_topup_is_credited_through_its_finding(house: House, pair: Pair) -> None:
    """Airtm was paid and its message got lost: a run finds it, and its page puts it right."""
    before = elsewhere(lambda: lose(house))
    told = elsewhere(lambda: reconciled("topups"))
    assert told == (1, [("payin_unposted", house.awaited, "75.00")])

    vera = pair.vera
    vera.goes_to("/admin/")
    vera.follows("Findings")
    vera.follows(f"fnd_…{finding_of(house.awaited).pk[-6:]}")
    vera.sees("75.00 USD at stake")
    vera.sees("Proposed: Ask, and post what is missing")
    vera.follows("Ask, and post what is missing")
    decides(vera, "Ask, and post what is missing", "the payer has sent us the receipt")
    elsewhere(house.worker.settle)

    vera.goes_to(f"/admin/ledger/finding/{finding_of(house.awaited).pk}/change/")
    vera.sees("Both sides agree")
    assert not vera.holds("Ask, and post what is missing")  # there is nothing left to decide
    vera.follows(house.awaited)
    vera.sees("SUCCEEDED")
    vera.goes_to(f"/admin/marketplaces/user/{house.sale.ada}/change/")
    vera.sees(money.text(before + 75 * DOLLAR))
    assert elsewhere(lambda: reconciled("topups")) == (0, [])
    vera.goes_to("/admin/ledger/run/")
    vera.sees("CLEAN")


def lose(house: House) -> int:
    """Ada pays and nobody tells us; what she had before, in stroops."""
    switches.turn("airtm", "lose_message", times=1, options={})
    house.sale.api.made(f"sandbox/topups/{house.awaited}/confirm")
    clock.advance(seconds=600)  # by then the message is lost, and not only late
    return available(house)


def available(house: House) -> int:
    rows = Account.across_books.filter(kind="available", subject=house.sale.ada)
    return int(rows.get().balance)


def reconciled(part: str) -> tuple[object, list[tuple[str, str, str]]]:
    """The exit code of a run by the command, and what differed."""
    told = StringIO()
    with pytest.raises(SystemExit) as exited:
        call_command("reconcile", part, marketplace="Bazaar", format="json", stdout=told)
    [report] = json.loads(told.getvalue())
    seen = [(one["kind"], one["subject"], one["amount"]) for one in report["differences"]]
    return exited.value.code, seen


def finding_of(subject: str) -> Finding:
    found: Finding = Finding.across_books.get(kind="payin_unposted", subject=subject)
    return found


def test_a_dispute_is_split_by_two_people(house: House, pair: Pair, settings: Any) -> None:
    settings.FOUR_EYES_ABOVE = "50.00"
    vera, walt = pair.vera, pair.walt
    vera.goes_to(f"/admin/escrow/dispute/{house.dispute}/change/")
    assert vera.holds(SCRIPT)  # as text: its script was not run, or it would have complained
    vera.follows("Decide")
    vera.slides("The seller's part", 600)
    vera.sees("56.82")  # the preview follows the slider
    assert vera.holds("Somebody else must agree")
    vera.types("Reason", "the edge is blurred")
    vera.presses("Ask for it")
    vera.sees("Agree, and do it")
    agrees(walt, "Waiting for a second person", asked_for("decide-dispute"))
    elsewhere(house.worker.settle)
    dispute = Dispute.across_books.get(pk=house.dispute)
    assert (dispute.status, dispute.decision_note) == ("RESOLVED", "the edge is blurred")
    assert Order.across_books.get(pk=dispute.order_id).outcome == "SPLIT"


def test_a_payout_is_let_go(house: House, pair: Pair) -> None:
    agrees(pair.vera, "Payouts awaiting approval", house.clearance)
    elsewhere(house.worker.settle)
    pair.vera.goes_to(f"/admin/withdrawals/withdrawal/{house.held_back}/change/")
    pair.vera.sees("COMPLETED")
    assert Withdrawal.across_books.get(pk=house.held_back).status == "COMPLETED"


def test_a_user_is_unfrozen_by_two_people(house: House, pair: Pair) -> None:
    elsewhere(lambda: users.freeze(house.sale.ada))
    vera, walt = pair.vera, pair.walt
    vera.goes_to("/admin/")
    vera.follows("Frozen users")
    vera.follows(f"usr_…{house.sale.ada[-6:]}")
    vera.follows("Unfreeze")
    decides(vera, "Ask for it", "her papers are in order")
    agrees(walt, "Waiting for a second person", asked_for("unfreeze-user"))
    assert users.User.across_books.get(pk=house.sale.ada).frozen_at is None


@pytest.mark.parametrize("width", [1280, NARROW])
def test_an_orders_x_ray_is_found_by_its_id_and_read(
    house: House, browser: Browser, sessions: dict[str, str], width: int
) -> None:
    vera = browser.window(sessions["vera"], width=width)
    vera.goes_to("/admin/")
    assert vera.overflow() <= 0
    vera.types("Search", house.sold)
    vera.presses("Search")
    vera.sees("calls fund_escrow of")
    assert vera.holds("Seller ben")
    assert vera.holds("/deployer/single-release")
    vera.ticks("#shows-call")
    assert not vera.holds("/deployer/single-release")
    vera.ticks("summary")
    assert vera.holds('"id"')
    assert vera.overflow() <= 0
    assert vera.complaints == []


@pytest.mark.parametrize("width", [1280, NARROW])
def test_no_page_is_wider_than_its_window(
    house: House, browser: Browser, sessions: dict[str, str], width: int
) -> None:
    ruth = browser.window(sessions["ruth"], width=width)
    book = Book.objects.get(name="Bazaar").pk
    for place in (
        f"auth/user/{Operator.objects.get(username='ruth').pk}/change/",
        f"payments/order/{house.gig}/change/",
        f"escrow/dispute/{house.dispute}/change/",
        f"decide/decide-dispute/{house.dispute}/",
        f"ledger/finding/{house.finding}/change/",
        f"decide/adjust/{book}/",
    ):
        ruth.goes_to(f"/admin/{place}")
        assert ruth.overflow() <= 0, place
    assert ruth.complaints == []
