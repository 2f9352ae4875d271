"""`manage.py reconcile` and `close_day`: what they write down, and say by their exit codes."""

import csv
import json
import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.simulators import clock
from integrations.simulators.airtm import payins
from integrations.simulators.models import AirtmEnterprise, AirtmPayin
from ledger import closing
from ledger.clock import now
from ledger.findings import find
from ledger.models import Closing, Entry, Event, Finding, Run, Sighting, Transfer
from payments.models import TopUp
from tests.airtm import Airtm
from tests.config.clerks import clerk
from tests.ledger import told
from tests.races.together import somebody_else_alone
from tests.shop import Shop

pytestmark = pytest.mark.django_db


def command(*arguments: str, code: int) -> str:
    """What it says; it must exit with this code."""
    said, complained = StringIO(), StringIO()
    with pytest.raises(SystemExit) as exited:
        call_command(*arguments, stdout=said, stderr=complained)
    assert exited.value.code == code, said.getvalue() + complained.getvalue()
    return said.getvalue() or complained.getvalue()


def reconcile(*arguments: str, code: int) -> Any:
    said = command("reconcile", *arguments, "--format", "json", code=code)
    return {one["part"]: one for one in json.loads(said)}


def test_cron_is_told_when_the_books_cannot_be_read() -> None:
    """In a process of its own, with a database that nobody serves."""
    nowhere = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
    asked = [sys.executable, "manage.py", "reconcile", "all"]
    done = subprocess.run(asked, env=nowhere, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("could not compare: ")


def money_and_statuses() -> list[Any]:
    counts = [kind._base_manager.count() for kind in (Transfer, Entry, Event)]
    return [*counts, *TopUp.across_books.order_by("pk").values_list("status", "wake_at")]


@pytest.mark.django_db(transaction=True)
def test_w16_a_run_moves_no_money_and_changes_no_status(airtm: Airtm) -> None:
    """What differs is told; the noun's own `absorb` posts it, when an operator says so."""
    topup = airtm.top_up("50.00")
    airtm.fault("lose_message")
    payins.confirm(airtm.payin(topup).id, email="ada@example.com")
    assert (
        reconcile("topups", "--marketplace", "Bazaar", code=0)["topups"]["waiting"][0]["subject"]
        == topup
    )
    clock.advance(seconds=600)
    before = money_and_statuses()

    seen = reconcile("topups", "--marketplace", "Bazaar", "--dry-run", code=1)["topups"]
    assert seen["run"] is None
    assert [kind._base_manager.count() for kind in (Finding, Sighting)] == [0, 0]

    said = command("reconcile", "topups", "--marketplace", "Bazaar", code=1)
    assert f"topups: payin_unposted: {topup}: 50.00 USD at stake" in said
    assert money_and_statuses() == before

    call_command("roles", verbosity=0)
    support = clerk("sue", "Support")
    assert support.decide("post-missing", Finding.across_books.get().pk).status_code == 302
    airtm.worker.settle()
    assert airtm.status(topup) == "SUCCEEDED"
    assert "Seen by run_" in Finding.across_books.get().resolution
    assert airtm.findings() == []


@pytest.mark.django_db(transaction=True)
def test_w44_what_somebody_else_compares_is_said_and_the_rest_is_compared(shop: Shop) -> None:
    complained = StringIO()
    with (
        somebody_else_alone(f"reconciling:{shop.book}:topups"),
        pytest.raises(SystemExit) as exited,
    ):
        call_command("reconcile", "all", stdout=StringIO(), stderr=complained)
    assert exited.value.code == 2
    [said] = complained.getvalue().splitlines()
    assert "topups was not compared: Somebody else compares the same part" in said
    assert Run.across_books.count() == 4


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_read_is_said_and_the_rest_is_compared(airtm: Airtm) -> None:
    airtm.fund("50.00")
    waiting = airtm.withdraw("20.00") if _patient("ada@example.com") else ""
    airtm.fault("fail_calls", call="GET /payins")
    seen = reconcile("all", "--marketplace", "Bazaar", code=2)
    assert seen["topups"]["status"] == "FAILED"
    assert seen["topups"]["unread"][0]["subject"] == "payins"
    assert (seen["withdrawals"]["status"], seen["balances"]["status"]) == ("CLEAN", "CLEAN")
    assert airtm.status(waiting) == "PENDING"

    # Money that Airtm shows and nobody here knows of: a payin with a code of somebody else's.
    AirtmPayin.objects.update(code="somebody-else's")
    enterprise = AirtmEnterprise.objects.get(name="Bazaar")
    AirtmEnterprise.objects.filter(pk=enterprise.pk).update(available=enterprise.available + 3)
    seen = reconcile("all", "--marketplace", "Bazaar", "--since", "2026-01-01T00:00:00Z", code=1)
    assert {one["kind"] for one in seen["topups"]["differences"]} == {
        "payin_unknown", "topup_settled_alone",
    }  # fmt: skip
    [gap] = seen["balances"]["differences"]
    assert (gap["kind"], gap["amount"]) == ("airtm_float_differs", "3.00")


def _patient(email: str) -> bool:
    """This person's payouts wait to be completed."""
    from integrations.simulators.models import AirtmPerson  # noqa: PLC0415

    return bool(AirtmPerson.objects.filter(email=email).update(receives_at_once=False))


@pytest.mark.parametrize(
    "wrong",
    [
        ("--since", "yesterday"),
        ("--since", "2026-01-01T00:00:00"),
        ("--since", "2999-01-01T00:00:00Z"),
        ("--since", "2026-01-02T00:00:00Z", "--until", "2026-01-01T00:00:00Z"),
        ("--until", "2999-01-01T00:00:00Z"),
        ("--marketplace", "Nobody"),
        ("--marketplace", "Bazaar' OR 1=1"),
    ],
)
def test_what_cannot_be_asked_runs_nothing(shop: Shop, wrong: tuple[str, ...]) -> None:
    command("reconcile", "all", *wrong, code=2)
    assert not Run.across_books.exists()


def test_a_marketplace_without_providers_is_clean(shop: Shop, other_shop: Shop) -> None:
    assert reconcile("topups", code=0)["topups"]["compared"] == 0
    assert Run.across_books.filter(part="topups").count() == 2


class TestTheDailyClose:
    @pytest.fixture(autouse=True)
    def a_day_later(self, shop: Shop, settings: Any) -> None:
        """Ada has topped up 50, and a day has gone by; a shop has no chain to compare with."""
        settings.WIRING = "tests.ledger.told"
        told.LINES.clear()
        shop.fund(shop.user("ada"), "50.00")
        clock.advance(seconds=24 * 3600)

    def test_is_clean_once_all_is_compared(self, shop: Shop) -> None:
        assert "not compared: topups" in command("close_day", code=1)
        command("reconcile", "all", code=0)
        assert command("close_day", code=0).strip() == f"Bazaar {closing.yesterday()}: clean"
        [sheet] = json.loads(command("close_day", "--format", "json", code=0))
        lines = {one["kind"]: one for one in sheet["balances"]}
        assert lines["available"] == {
            "kind": "available", "side": "CREDIT", "opening": "0.00", "closing": "50.00",
        }  # fmt: skip
        assert sheet["volume"] == [{"kind": "topup", "count": 1, "amount": "50.00"}]
        assert Closing.across_books.count() == 1

    def test_says_what_was_open_when_the_day_ended(self, shop: Shop) -> None:
        command("reconcile", "all", code=0)
        yesterday = now() - timedelta(days=1)
        find(book=shop.book, kind="=HYPERLINK(1)", subject="@SUM(A1)", amount=15_000_000)
        Finding.across_books.update(opened_at=yesterday)
        assert "open: 1 findings (1.50 USD)" in command("close_day", code=1)
        rows = list(csv.reader(StringIO(command("close_day", "--format", "csv", code=1))))
        [line] = [row for row in rows if row[0] == "finding"]
        assert line[1:3] == ["'=HYPERLINK(1)", "'@SUM(A1)"]
        assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
        # Settled only today: it was open when that day ended.
        Finding.across_books.update(resolved_at=now())
        command("close_day", code=1)

    @pytest.mark.parametrize("day", ["2999-01-01", "tomorrow", "2026-02-30"])
    def test_is_of_a_day_that_is_over(self, shop: Shop, day: str) -> None:
        assert "could not close" in command("close_day", "--day", day, code=2)
        assert not Closing.across_books.exists()

    def test_is_a_page_and_two_files_for_whoever_may_look(self, shop: Shop) -> None:
        call_command("roles", verbosity=0)
        command("close_day", code=1)
        otto, page = clerk("otto", "Viewer"), Closing.across_books.get()
        with CaptureQueriesContext(connection) as queries:
            text = otto.read(f"/admin/ledger/closing/{page.pk}/change/")
        assert len(queries) <= 30
        assert "not compared" in text
        assert f"{closing.yesterday()}" in otto.read("/admin/ledger/closing/")
        for name in ("csv", "json"):
            answer = otto.client.get(f"/admin/ledger/closing/{page.pk}/sheet.{name}")
            assert answer.status_code == 200
            assert "attachment" in answer["Content-Disposition"]
        assert otto.client.get(f"/admin/ledger/closing/{page.pk}/sheet.exe").status_code == 404
        nobody = clerk("nobody", "Viewer")
        nobody.client.logout()
        assert nobody.client.get(f"/admin/ledger/closing/{page.pk}/sheet.csv").status_code == 302


def test_a_run_is_shown_beside_the_run_before(shop: Shop) -> None:
    call_command("roles", verbosity=0)
    for _ in range(2):
        command("reconcile", "topups", code=0)
    otto = clerk("otto", "Viewer")
    last = Run.across_books.order_by("-started_at").first()
    assert last is not None
    with CaptureQueriesContext(connection) as queries:
        text = otto.read(f"/admin/ledger/run/{last.pk}/change/")
    assert len(queries) <= 30
    assert "New since the run before" in text
    assert "At stake, run by run" in text
    assert last.pk in otto.read("/admin/ledger/run/?part=topups")
