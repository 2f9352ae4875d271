"""The engine writes down what rooms tell: once each, closed when it is over, never repaired."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from ledger import casework, clock, closing, reconciling, tasks
from ledger.compared import Agreement, Compared, Difference, Report, Unread, Waiting, Window
from ledger.events import Actor
from ledger.models import Closing, Event, Finding, Run, Sighting, Transfer
from tests.ledger import told
from tests.races.together import somebody_else_alone
from tests.shop import Shop, made, refused

pytestmark = pytest.mark.django_db

OLGA = Actor("operator:olga")


@pytest.fixture(autouse=True)
def told_wiring(settings: Any) -> None:
    settings.WIRING = "tests.ledger.told"
    told.LINES.clear()
    told.WINDOWS.clear()


def window() -> Window:
    return Window(since=None, until=clock.now())


def run(shop: Shop, *lines: Compared | Exception) -> Report:
    told.LINES[:] = lines
    return reconciling.run(shop.book, "topups", window())


def odd(subject: str = "topup_1", kind: str = "odd", **facts: Any) -> Difference:
    known: dict[str, Any] = {"expected": {"amount": 5}, "observed": {"amount": 7}, "amount": 2}
    return Difference(kind=kind, subject=subject, proposal="ADJUST", **{**known, **facts})


def open_ones() -> list[tuple[str, str, int]]:
    rows = Finding.across_books.filter(resolved_at=None)
    return sorted(rows.values_list("kind", "subject", "amount"))


def rows() -> list[int]:
    return [kind._base_manager.count() for kind in (Run, Finding, Sighting, Event, Transfer)]


def test_the_same_difference_is_one_finding_that_two_runs_saw(shop: Shop) -> None:
    run(shop, odd())
    run(shop, odd(observed={"amount": 9}, amount=4))
    finding = Finding.across_books.get()
    assert (finding.amount, finding.observed, finding.proposal) == (4, {"amount": 9}, "ADJUST")
    assert finding.runs.count() == 2
    assert {one.status for one in finding.runs.all()} == {"FINDINGS"}


def test_what_agrees_again_is_closed_with_its_story(shop: Shop) -> None:
    run(shop, odd(), odd("topup_2"))
    report = run(shop, Agreement(subject="topup_1", story="It was posted."), odd("topup_2"))
    assert report.closed == 1
    closed = Finding.across_books.get(subject="topup_1")
    assert closed.resolution == f"It was posted. Seen by {report.run}."
    assert open_ones() == [("odd", "topup_2", 2)]


def test_whoever_compares_ends_only_the_kinds_that_it_decides_about(shop: Shop) -> None:
    run(shop, odd(), odd(kind="odd_too"))
    run(shop, odd(kind="late"))
    assert open_ones() == [
        ("late", "topup_1", 2), ("odd", "topup_1", 2), ("odd_too", "topup_1", 2),
    ]  # fmt: skip
    run(shop, Agreement(subject="topup_1", kinds=frozenset({"late"})))
    run(shop, odd(kind="odder", decides=frozenset({"odd", "odder"})))
    assert open_ones() == [("odd_too", "topup_1", 2), ("odder", "topup_1", 2)]


def test_the_clock_compares_the_last_days_and_closes_the_day(shop: Shop) -> None:
    told.LINES[:] = [odd()]
    for part in reconciling.parts():
        tasks.reconcile_part(book=str(shop.book), part=part)
    seen = Run.across_books.get(part="topups")
    assert seen.until - seen.since == reconciling.LATELY
    tasks.close_day()
    closed = Closing.across_books.get()
    assert [one["status"] for one in closed.sheet["parts"]] == ["FINDINGS", "CLEAN"]
    assert (closed.status, closed.sheet["findings"]["count"]) == ("OPEN", 1)  # found after midnight


def test_what_a_later_run_finds_is_of_a_later_day(shop: Shop) -> None:
    told.LINES[:] = []
    for part in reconciling.parts():
        tasks.reconcile_part(book=str(shop.book), part=part)
    run(shop, odd())
    assert closing.close(shop.book, closing.yesterday()).status == "CLEAN"


def test_a_look_at_one_subject_is_no_comparison_of_the_day(shop: Shop) -> None:
    now = clock.now()
    alone = Window(since=now, until=now, subjects=frozenset({"topup_1"}))
    assert reconciling.run(shop.book, "topups", alone).status == "CLEAN"
    sheet = closing.close(shop.book, closing.yesterday()).sheet
    assert {one["status"] for one in sheet["parts"]} == {"NOT COMPARED"}


@pytest.mark.parametrize(
    "line",
    [Waiting(subject="topup_1", why="soon"), Unread(subject="topup_1", why="HTTP 500")],
)
def test_nothing_is_closed_by_what_nobody_knows(shop: Shop, line: Compared) -> None:
    run(shop, odd())
    run(shop, line)
    assert open_ones() == [("odd", "topup_1", 2)]


def test_what_could_not_be_read_is_no_clean_run(shop: Shop) -> None:
    report = run(shop, Agreement(subject="topup_2"), Unread(subject="payins", why="HTTP 500"))
    assert report.status == "FAILED"
    stored = Run.across_books.get()
    assert stored.unread == [{"subject": "payins", "why": "HTTP 500"}]
    with pytest.raises(IntegrityError, match="a_clean_run_found_nothing"), transaction.atomic():
        Run.across_books.update(status="CLEAN")


def test_a_run_asks_for_whatever_is_open_however_old_it_is(shop: Shop) -> None:
    run(shop, odd("topup_9"))
    run(shop)
    assert told.WINDOWS[-1].subjects == {"topup_9"}


class TestIgnored:
    def test_the_same_facts_are_not_found_again(self, shop: Shop) -> None:
        run(shop, odd())
        self.ignore()
        report = run(shop, odd())
        assert (report.status, report.ignored, open_ones()) == ("CLEAN", 1, [])

    @pytest.mark.parametrize("side", ["expected", "observed"])
    def test_other_facts_are(self, shop: Shop, side: str) -> None:
        run(shop, odd())
        self.ignore()
        assert run(shop, odd(**{side: {"amount": 8}})).status == "FINDINGS"

    def test_somebody_has_to_say_so(self, shop: Shop) -> None:
        run(shop, odd())
        with pytest.raises(IntegrityError, match="somebody_has_ignored_it"), transaction.atomic():
            Finding.across_books.update(ignored=True)

    def ignore(self) -> None:
        with transaction.atomic():
            casework.settle(Finding.across_books.get(), by=OLGA, reason="known", ignored=True)


def test_a_dry_run_tells_the_same_and_writes_nothing(shop: Shop) -> None:
    run(shop, odd())
    before = rows()
    then = [odd("topup_2"), Agreement(subject="topup_1")]
    told.LINES[:] = then
    report = reconciling.rehearse(shop.book, "topups", window())
    assert (report.status, report.amount, report.run) == ("FINDINGS", 2, "")
    assert rows() == before
    assert open_ones() == [("odd", "topup_1", 2)]


def test_w44_a_run_that_breaks_off_says_so_and_keeps_what_it_found(shop: Shop) -> None:
    with pytest.raises(ValueError, match="no such page"):
        run(shop, odd(), ValueError("no such page"))
    stored = Run.across_books.get()
    assert (stored.status, stored.differing) == ("FAILED", 1)
    assert stored.unread == [{"subject": "topups", "why": "ValueError: no such page"}]
    assert open_ones() == [("odd", "topup_1", 2)]
    assert run(shop, odd()).status == "FINDINGS"


def test_w44_what_a_dead_worker_left_running_is_failed_by_the_next(shop: Shop) -> None:
    now = clock.now()
    Run.across_books.create(book_id=shop.book, part="topups", until=now, started_at=now)
    run(shop)
    assert sorted(Run.across_books.values_list("status", flat=True)) == ["CLEAN", "FAILED"]


@pytest.mark.django_db(transaction=True)
def test_w44_two_runs_of_a_part_exclude_each_other(shop: Shop) -> None:
    """A lock of the database, not a list of jobs that both have read before either has begun."""
    with somebody_else_alone(f"reconciling:{shop.book}:topups"):
        with pytest.raises(reconciling.AlreadyRunning):
            run(shop, odd())
        assert not Run.across_books.exists()
        assert reconciling.run(shop.book, "withdrawals", window()).status == "CLEAN"
    assert run(shop, odd()).status == "FINDINGS"


def test_a_marketplace_reads_its_own_runs_and_findings(shop: Shop, other_shop: Shop) -> None:
    run(shop, odd(), odd("topup_2", amount=15_000_000))
    [seen] = made(shop.get("reconciliation/runs?part=topups&status=FINDINGS"))["data"]
    assert (seen["differing"], seen["amount"], seen["unread"]) == (2, "1.5000002", [])
    listed = made(shop.get("reconciliation/findings?state=OPEN"))["data"]
    assert {one["id"] for one in listed} == set(seen["finding_ids"])
    assert {one["amount"] for one in listed} == {"1.50", "0.0000002"}
    assert made(shop.get("reconciliation/findings?state=RESOLVED"))["data"] == []
    for path in ("runs", "findings", f"findings?subject={listed[0]['subject']}"):
        assert made(other_shop.get(f"reconciliation/{path}"))["data"] == []
        answer = shop.get(f"reconciliation/{path}", token=shop.key("read", "write"))
        refused(answer, 403, "INSUFFICIENT_SCOPE")
    refused(shop.get("reconciliation/runs?status=NICE"), 400, "VALIDATION_ERROR")
    first = made(shop.get("reconciliation/findings?limit=1"))
    assert first["has_more"]
    refused(shop.get(f"reconciliation/runs?cursor={first['next_cursor']}"), 400, "INVALID_CURSOR")


def test_w44_whoever_stands_still_starves_nobody(shop: Shop) -> None:
    """Every late row is told, however many others have been late for longer."""
    from ledger import overdue  # noqa: PLC0415
    from payments.models import TopUp  # noqa: PLC0415

    ada = shop.user("ada")
    now = clock.now()
    late = now - timedelta(days=2)
    TopUp.across_books.bulk_create(
        TopUp(
            book_id=shop.book, user=ada, amount=10, status="PROCESSING", created_at=late,
            status_since=late, asked_at=late,
        )
        for _ in range(60)
    )  # fmt: skip
    seen = list(overdue.among(TopUp, shop.book, window()))
    assert len(seen) == 60
    assert {one.kind for one in seen if isinstance(one, Difference)} == {"topup_overdue"}
