"""`make bench-ledger`: postings one by one, in batches and on one hot account, and reads.

Nothing is asserted: the figures are printed beside their targets, with the machine, the server's
durability, and how much of the machine somebody else was using. After each part the books are
proved.
"""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import django
from rich.console import Console
from rich.table import Table

from benchmarks import scratch
from benchmarks.machine import Meter, described
from benchmarks.scratch import Scratch
from benchmarks.writers import ACCOUNTS, BATCH, Tally, Work, in_batches, in_pgbench, in_python

PARTS = ("single", "bulk", "crowd", "reads")
CONNECTIONS = 4
SHORT, LONG = 1_000, 1_000_000


class Bench:
    """One run: the book that is posted to, and the table of what was seen."""

    def __init__(self, place: Scratch, options: Namespace, console: Console) -> None:
        self.place = place
        self.options = options
        self.console = console
        self.meter = Meter()
        self.table = Table("measured", "rate", "p50 ms", "p99 ms", "errors", "others' CPU")
        for column in self.table.columns[1:]:
            column.justify = "right"
        self.verdicts: list[str] = []
        self.balanced = True
        self.book = open_book()

    def run(self) -> None:
        for part in PARTS:
            if not self.options.only or part in self.options.only:
                getattr(self, f"_{part}")()
                self._prove(part)

    def _single(self) -> None:
        """Python against pgbench, in turns, so that both meet the same machine."""
        for hot, where in ((False, f"over {ACCOUNTS:,} accounts"), (True, "on one hot account")):
            work = self._work(hot=hot)
            python = pgbench = Tally()
            for _ in range(self.options.rounds):
                pgbench += self._measured(
                    f"pgbench, {CONNECTIONS} connections, {where}",
                    partial(self._pgbench, work, CONNECTIONS),
                )
                python += self._measured(
                    f"post(), {CONNECTIONS} processes, {where}",
                    partial(in_python, work, processes=CONNECTIONS),
                )
            self._judge(f"Python against pgbench {where}", python.rate, pgbench.rate, least=60)

    def _bulk(self) -> None:
        for hot, where in ((False, f"over {ACCOUNTS:,} accounts"), (True, "to one hot account")):
            work = self._work(hot=hot)
            for clients in (1, 2):
                tally = self._measured(
                    f"post_many(), {clients} × batches of {BATCH}, {where}",
                    partial(in_batches, work, processes=clients),
                )
            met = "met" if tally.rate >= 8_000 else "MISSED"
            self.verdicts.append(f"bulk {where}: {tally.rate:,.0f} transfers/s (≥ 8,000: {met})")

    def _crowd(self) -> None:
        """Many connections on one row, with as little client around them as possible, and ours."""
        work = self._work(hot=True)
        few, many = (
            self._measured(
                f"pgbench, {crowd} connections, on one hot account",
                partial(self._pgbench, work, crowd),
            )
            for crowd in (8, 64)
        )
        self._judge("hot account, pgbench, 64 connections against 8", many.rate, few.rate, least=60)
        few, many = (
            self._measured(
                f"post(), {4 * threads} connections, on one hot account",
                partial(in_python, work, processes=4, threads=threads),
            )
            for threads in (2, 16)
        )
        self._judge("hot account, post(), 64 connections against 8", many.rate, few.rate, least=60)

    def _reads(self) -> None:
        from benchmarks import readers  # noqa: PLC0415 – Django is set up by now

        seen: dict[str, list[Tally]] = {}
        for entries in (SHORT, LONG):
            subject = f"usr_history_{entries}"
            with self.console.status(f"writing a history of {entries:,} entries"):
                readers.fill(self.book, subject, entries=entries)
            for name, act in readers.reads(self.book, subject, entries=entries).items():
                seconds = min(self.options.seconds, 2)
                tally = self._measured(
                    f"{name}, {entries:,} entries",
                    partial(readers.read, act, seconds=seconds),
                )
                seen.setdefault(name, []).append(tally)
        for name, (short, long) in seen.items():
            p50 = [tally.percentile(0.5) for tally in (short, long)]
            self.verdicts.append(f"{name}: p50 {p50[0]:.2f} ms at 10³ entries, {p50[1]:.2f} at 10⁶")

    def _measured(self, name: str, measure: Callable[[], Tally]) -> Tally:
        with self.console.status(name):
            self.meter.start()
            tally = measure()
            others = self.meter.told()
        self.table.add_row(
            name, f"{tally.rate:,.0f}/s", f"{tally.percentile(0.5):.2f}",
            f"{tally.percentile(0.99):.2f}", str(tally.errors), others,
        )  # fmt: skip
        return tally

    def _pgbench(self, work: Work, connections: int) -> Tally:
        place = self.place
        return in_pgbench(work, program=place.pgbench, url=place.url, connections=connections)

    def _work(self, *, hot: bool) -> Work:
        return Work(self.book, hot, self.options.seconds)

    def _judge(self, what: str, rate: float, against: float, *, least: int) -> None:
        share = 100 * rate / against if against else 0
        met = "met" if share >= least else "MISSED"
        self.verdicts.append(f"{what}: {share:.0f} % (≥ {least} %: {met})")

    def _prove(self, part: str) -> None:
        from ledger import proofs  # noqa: PLC0415

        with self.console.status("proving the books"):
            faults = proofs.faults(book=self.book)
        self.balanced = self.balanced and not faults
        self.table.add_section()
        self.verdicts.append(f"books balanced after '{part}': {'no' if faults else 'yes'}")
        self.verdicts += [f"  {fault.invariant}: {fault.subject}" for fault in faults[:5]]


def open_book() -> int:
    from django.db import connection, transaction  # noqa: PLC0415

    from ledger import chart  # noqa: PLC0415
    from ledger.bulk import Draft, post_many  # noqa: PLC0415
    from ledger.chart import ADJUSTMENTS, available  # noqa: PLC0415
    from ledger.events import Actor  # noqa: PLC0415
    from ledger.models import Book  # noqa: PLC0415
    from ledger.posting import credit, debit  # noqa: PLC0415

    book = int(Book.objects.create(name="Bench").pk)
    users = [available(f"usr_{place}") for place in range(ACCOUNTS)]
    chart.open_accounts(book, [*(chart.Account(kind) for kind in chart.PER_BOOK), *users])
    drafts = [
        Draft("funds", user.subject, [debit(ADJUSTMENTS, 10**12), credit(user, 10**12)])
        for user in users
    ]
    with transaction.atomic():
        post_many(book, drafts, by=Actor("bench"))
    with connection.cursor() as cursor:  # as the server does by itself within a minute
        cursor.execute("VACUUM ANALYZE")
    return book


def _options() -> Namespace:
    parser = ArgumentParser(prog="make bench-ledger", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=2, help="of Python against pgbench")
    parser.add_argument("--only", action="append", choices=PARTS, help="may be repeated")
    return parser.parse_args()


def main() -> int:
    options, console = _options(), Console(width=110, highlight=False)
    with scratch.database() as place:
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        django.setup()
        from django.core.management import call_command  # noqa: PLC0415

        with console.status("migrating"):
            call_command("migrate", verbosity=0)
        console.print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {described()}")
        console.print(place.server())
        bench = Bench(place, options, console)
        bench.run()
        console.print(bench.table)
        for verdict in bench.verdicts:
            console.print(verdict)
        console.print("others' CPU: the share of all cores that was not used by this benchmark")
        console.print(f"books balanced: {'yes' if bench.balanced else 'no'}")
    return 0 if bench.balanced else 1


if __name__ == "__main__":
    sys.exit(main())
