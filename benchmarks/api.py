"""`make bench-api`: balances read, orders made and reserved, at 1, 16 and 64 at once.

Nothing is asserted. The targets are for a machine on which pgbench makes 5 000 transfers a second;
the same run measures it here, and the targets are printed in proportion.
"""

import itertools
import json
import os
import random
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from benchmarks.buyers import books_balance, funded_buyers
from benchmarks.client import Caller, Seen, measure
from benchmarks.installation import LIFTED, Installation, installed
from benchmarks.machine import Meter, described

BUYERS = 128
CROWDS = (1, 16, 64)
JUDGED_AT = 16
PGBENCH = 5_000  # a second, on the machine that the targets are for
TARGETS = {"GET balance": 1_700, "POST order": 525, "POST reserve": 490}
DOLLARS = "1.00"


class Bench:
    """One run: who calls, for whom, and the orders that were made and not reserved yet."""

    def __init__(self, place: Installation, options: Namespace, console: Console) -> None:
        self.caller = Caller(place.seeded["base_url"], place.seeded["api_key"])
        self.options = options
        self.console = console
        self.people = funded_buyers(BUYERS)
        self.orders: list[str] = []
        self.meter = Meter([os.getpid()])
        self.spent = Meter(place.roots)
        self.table = Table(
            "asked", "at once", "req/s", "p50 ms", "p99 ms", "CPU ms", "errors", "busy"
        )
        for column in self.table.columns[1:]:
            column.justify = "right"
        self.rates: dict[str, float] = {}

    def run(self) -> None:
        self._run(16, seconds=2, is_shown=False)  # connections, plans, caches
        for crowd in CROWDS:
            self._run(crowd, seconds=self.options.seconds)
            self.table.add_section()

    def _run(self, crowd: int, *, seconds: float, is_shown: bool = True) -> None:
        work = {
            "GET balance": self._balances(),
            "POST order": self._new_orders(),
            "POST reserve": self._reserves(),
        }
        for name, requests in work.items():
            then = self._made if name == "POST order" else None
            with self.console.status(f"{name}, {crowd} at once"):
                self.meter.start()
                self.spent.start()
                seen = measure(self.caller, requests, at_once=crowd, seconds=seconds, then=then)
            if is_shown:
                self._show(name, crowd, seen)

    def _show(self, name: str, crowd: int, seen: Seen) -> None:
        self.table.add_row(
            name, str(crowd), f"{seen.rate:,.0f}", f"{seen.percentile(0.5):.1f}",
            f"{seen.percentile(0.99):.1f}", f"{self._milliseconds_of(seen):.2f}", seen.told(),
            self.meter.told(),
        )  # fmt: skip
        if crowd == JUDGED_AT:
            self.rates[name] = seen.rate

    def _milliseconds_of(self, seen: Seen) -> float:
        """Of processor time for each answer, in web, worker, PostgreSQL and Valkey together."""
        return 1000 * self.spent.seconds() / max(len(seen.latencies), 1)

    def judge(self, pgbench: float) -> None:
        """Print the targets as they would be here."""
        self.console.print(f"pgbench, 4 connections, over 1,000 accounts: {pgbench:,.0f}/s")
        for name, target in TARGETS.items():
            here = target * pgbench / PGBENCH
            met = "met" if self.rates[name] >= here else "MISSED"
            self.console.print(
                f"{name}, {JUDGED_AT} at once: {self.rates[name]:,.0f}/s"
                f" (target {target:,} where pgbench makes {PGBENCH:,}; here {here:,.0f}: {met})"
            )

    def _balances(self) -> Iterator[bytes]:
        while True:
            yield self.caller.get(f"users/{random.choice(self.people)}/balance")

    def _new_orders(self) -> Iterator[bytes]:
        for place in itertools.count():
            buyer, seller = (self.people[(place + step) % BUYERS] for step in (0, BUYERS // 2))
            terms = {"buyer_id": buyer, "seller_id": seller, "amount": DOLLARS, "currency": "USD"}
            yield self.caller.post("orders", {**terms, "title": "A benchmark's order"})

    def _reserves(self) -> Iterator[bytes]:
        while self.orders:
            yield self.caller.post(f"orders/{self.orders.pop(0)}/reserve", {})

    def _made(self, status: int, body: bytes) -> None:
        if status == 201:
            self.orders.append(json.loads(body)["id"])


def _pgbench(place: Installation, seconds: float) -> float:
    """What the database alone can do here: the very measurement of `make bench-ledger`."""
    from benchmarks.ledger import open_book  # noqa: PLC0415 – Django is set up by now
    from benchmarks.writers import Work, in_pgbench  # noqa: PLC0415

    work = Work(open_book(), hot=False, seconds=seconds)
    program = str(place.postgres.install / "bin" / "pgbench")
    return in_pgbench(work, program=program, url=place.postgres.url, connections=4).rate


def _options() -> Namespace:
    parser = ArgumentParser(prog="make bench-api", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    return parser.parse_args()


def main() -> int:
    options, console = _options(), Console(width=110, highlight=False)
    with console.status("starting an installation"), installed() as place:
        place.set_up_django()
        console.print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {described()}")
        console.print(f"load of this machine before: {', '.join(map(str, os.getloadavg()))}")
        console.print(", ".join(f"{name}={value}" for name, value in LIFTED.items()))
        before = _pgbench(place, options.seconds)
        bench = Bench(place, options, console)
        bench.run()
        after = _pgbench(place, options.seconds)
        console.print(bench.table)
        console.print("CPU ms: of the whole installation, per answer, whatever else runs here")
        console.print("busy: all cores without this client; the installation itself is in it")
        bench.judge((before + after) / 2)
        is_balanced = books_balance()
        console.print(f"books balanced: {'yes' if is_balanced else 'no'}")
    return 0 if is_balanced else 1


if __name__ == "__main__":
    sys.exit(main())
