"""`manage.py import_balances FILE`: the balances that a marketplace's users bring along.

Every line of the file is posted, or none is. Exit code: 0 clean, 1 findings and nothing posted,
2 could not run.
"""

import getpass
import json
import re
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, transaction
from django.db.models import Q
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from config import opening
from config.opening import File, Wrong
from integrations.marketplaces.models import Marketplace
from ledger import clock, money, proofs
from ledger.balances import trial_balance
from ledger.events import Actor

APPROVAL = re.compile(r"apr_[0-9A-Za-z_]{1,80}", re.ASCII)


class Command(BaseCommand):
    help = (
        "Post opening balances from a CSV file with the header external_id,available. "
        "Exit code: 0 clean, 1 findings and nothing posted, 2 could not run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--marketplace", required=True, help="its name or its id")
        parser.add_argument("--approval", required=True, help="who allowed it: apr_…")
        parser.add_argument("--operator", default=getpass.getuser(), help="who runs it")
        parser.add_argument("--dry-run", action="store_true", help="do everything, keep nothing")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            report = self._report(**options)
        except (CommandError, OSError, Error) as error:
            self.stderr.write(f"could not import: {error}")
            sys.exit(2)
        if options["format"] == "json":
            self.stdout.write(json.dumps(report, indent=2))
        else:
            self._tell(report)
        sys.exit(1 if report["findings"] else 0)

    def _report(
        self, *, file: Path, marketplace: str, approval: str, operator: str, **options: Any
    ) -> dict[str, Any]:
        if not APPROVAL.fullmatch(approval):
            raise CommandError(f"'{approval}' is no approval: apr_…")
        read = opening.read(file)
        to = _marketplace(marketplace)
        by = Actor(f"operator:{operator}")
        with transaction.atomic():
            report = self._posted(to.book_id, read, approval=approval, by=by)
            kept = not report["findings"] and not options["dry_run"]
            if not kept:
                transaction.set_rollback(True)
        return {
            "file": str(file),
            "sha256": read.digest,
            "marketplace": f"{to.name} ({to.id})",
            "approval": approval,
            "operator": operator,
            "at": clock.now().isoformat(),
            "dry_run": options["dry_run"],
            "kept": kept,
            **report,
        }

    def _posted(self, book: int, read: File, *, approval: str, by: Actor) -> dict[str, Any]:
        """Post what can be posted and prove the books, to see all that is wrong at once."""
        before = _balances(book)
        openings, unknown = opening.matched(book, read.rows)
        with _progress() as progress:
            task = progress.add_task("posting", total=len(openings))
            outcome = opening.post(
                book, openings, approval=approval, by=by,
                on_batch=lambda rows: progress.advance(task, rows),
            )  # fmt: skip
            progress.update(task, description="proving the books")
            faults = proofs.faults(book=book)
        wrong = sorted([*read.wrong, *unknown, *outcome.wrong], key=lambda one: one.line)
        return {
            "rows": len(read.rows),
            "sum": money.text(read.total),
            "posted": outcome.posted,
            "posted_before": outcome.known,
            "trial_balance": {"before": before, "after": _balances(book)},
            "books_balanced": not faults,
            "findings": [
                *map(asdict, wrong),
                *(asdict(Wrong(0, f"{fault.invariant}: {fault.subject}")) for fault in faults),
            ],
        }

    def _tell(self, report: dict[str, Any]) -> None:
        for finding in report["findings"]:
            self.stdout.write(f"line {finding['line']}: {finding['what']}")
        table = Table("account", "before", "after", title="Trial balance")
        balances = report["trial_balance"]
        for kind, after in balances["after"].items():
            table.add_row(kind, balances["before"].get(kind, "0.00"), after)
        with (console := Console(width=100, highlight=False)).capture() as drawn:
            console.print(table)
        self.stdout.write(drawn.get())
        for name in ("file", "sha256", "marketplace", "rows", "sum", "posted", "posted_before"):
            self.stdout.write(f"{name.replace('_', ' '):14} {report[name]}")
        self.stdout.write(f"{'books balanced':14} {'yes' if report['books_balanced'] else 'no'}")
        self.stdout.write(
            f"approved by {report['approval']}, run by {report['operator']} at {report['at']}"
        )
        self.stdout.write(_verdict(report))


def _verdict(report: dict[str, Any]) -> str:
    if report["findings"]:
        return f"{len(report['findings'])} findings: nothing was posted"
    return "posted" if report["kept"] else "a dry run: nothing was posted"


def _marketplace(named: str) -> Marketplace:
    found = list(Marketplace.objects.filter(Q(pk=named) | Q(name=named))[:2])
    if len(found) != 1:
        raise CommandError(f"'{named}' names {'several marketplaces' if found else 'none'}")
    return found[0]


def _balances(book: int) -> dict[str, str]:
    return {line.kind: money.text(line.balance) for line in trial_balance(book)}


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    return Progress(*columns, console=Console(stderr=True), transient=True)
