"""`manage.py reconcile`: our books against what Airtm and the chain show, part by part."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error
from rich.console import Console
from rich.progress import Progress

from config import choosing
from integrations.marketplaces.models import Marketplace
from ledger import asking, clock, money, reconciling
from ledger.asking import Unaskable
from ledger.compared import Report, Window
from ledger.models import Run

ALL = "all"


class Command(BaseCommand):
    help = (
        "Compare the books with what Airtm and the chain show; each difference is a finding. "
        "Exit code: 0 clean, 1 findings, 2 something could not be run or read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("part", choices=[*reconciling.parts(), ALL])
        for name in ("--since", "--until"):
            parser.add_argument(name, metavar="MOMENT", help="such as 2026-11-01T00:00:00Z")
        parser.add_argument("--marketplace", metavar="ID", help="only this one: mkt_… or its name")
        parser.add_argument("--dry-run", action="store_true", help="tell, and write nothing down")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_: Any, part: str, dry_run: bool, format: str, **asked: Any) -> None:
        try:
            window = _window(asked["since"], asked["until"])
            chosen = choosing.marketplaces(asked["marketplace"])
        except (Unaskable, Error) as error:
            self.stderr.write(f"could not compare: {error}")
            sys.exit(2)
        compare = reconciling.rehearse if dry_run else reconciling.run
        wanted = reconciling.parts() if part == ALL else [part]
        reports = [report for one in chosen for report in self._parts(compare, one, wanted, window)]
        is_whole = len(reports) == len(chosen) * len(wanted)
        names = {one.book_id: one.name for one in chosen}
        self.stdout.write((_json if format == "json" else _text)(reports, names))
        sys.exit(_exit_code(reports, is_whole=is_whole))

    def _parts(
        self,
        compare: Callable[..., Report],
        marketplace: Marketplace,
        wanted: list[str],
        window: Window,
    ) -> list[Report]:
        """Each is told what those before have found, since a dry run stores nothing of it."""
        reports: list[Report] = []
        for part in wanted:
            found = tuple(one for report in reports for one in report.differences)
            known = replace(window, found=found)
            if report := self._compared(compare, marketplace, part, known):
                reports.append(report)
        return reports

    def _compared(
        self, compare: Callable[..., Report], marketplace: Marketplace, part: str, window: Window
    ) -> Report | None:
        """One part; that it breaks off must not keep the others from being compared."""
        try:
            with _progress(f"{marketplace.name}: {part}") as watching:
                return compare(marketplace.book_id, part, window, watching=watching)
        except reconciling.AlreadyRunning as running:
            self.stderr.write(f"{marketplace.name}: {part} was not compared: {running.message}")
            return None
        except Exception as error:
            self.stderr.write(f"{marketplace.name}: {part} could not be compared: {error!r}")
            return None


def _exit_code(reports: list[Report], *, is_whole: bool) -> int:
    if not is_whole or any(report.unread for report in reports):
        return 2
    return 1 if any(report.differences for report in reports) else 0


def _window(since: str | None, until: str | None) -> Window:
    start, now = asking.moment(since), clock.now()
    end = asking.moment(until) or now
    if end > now or (start is not None and start >= end):
        raise Unaskable("--since must be before --until, and neither in the future")
    return Window(since=start, until=end)


def _text(reports: list[Report], names: dict[int, str]) -> str:
    lines = []
    for report in reports:
        for one in report.differences:
            lines.append(
                f"{report.part}: {one.kind}: {one.subject}: {money.text(one.amount)} USD at stake"
            )
        lines += [f"{report.part}: {one.subject} unread: {one.why}" for one in report.unread]
        lines.append(
            f"{report.part} of {names[report.book]}: {report.status.lower()}: "
            f"{report.compared} compared, {len(report.differences)} differ, "
            f"{len(report.waiting)} under way, {report.ignored} ignored, {report.closed} closed"
        )
    return "\n".join(lines)


def _json(reports: list[Report], names: dict[int, str]) -> str:
    told = [{"marketplace": names[report.book], **_shown(report)} for report in reports]
    return json.dumps(told, indent=2)


def _shown(report: Report) -> dict[str, Any]:
    return {
        "run": report.run or None,
        "book": report.book,
        "part": report.part,
        "status": report.status,
        "is_clean": report.status == Run.Status.CLEAN,
        "compared": report.compared,
        "ignored": report.ignored,
        "closed": report.closed,
        "amount": money.text(report.amount),
        "differences": [
            {
                "kind": one.kind,
                "subject": one.subject,
                "expected": one.expected,
                "observed": one.observed,
                "amount": money.text(one.amount),
                "proposal": one.proposal,
            }
            for one in report.differences
        ],
        "waiting": [{"subject": one.subject, "why": one.why} for one in report.waiting],
        "unread": [{"subject": one.subject, "why": one.why} for one in report.unread],
    }


@contextmanager
def _progress(title: str) -> Iterator[Callable[[Report], None]]:
    """Tells a person at a terminal how far it has come."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        yield lambda report: progress.update(task, completed=report.compared)
