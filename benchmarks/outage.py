"""`make bench-outage`: Valkey stopped and PostgreSQL restarted under load, and what became of it.

Expected: without Valkey no request fails, and the conversations that began meanwhile go on within
10 s of its return; while PostgreSQL is away every failure is a 503 UNAVAILABLE, and 5 s after its
return there is none. The books balance after both.
"""

import itertools
import json
import os
import random
import sys
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console

from benchmarks.buyers import books_balance, funded_buyers
from benchmarks.client import Caller, Seen, measure
from benchmarks.installation import LIFTED, Installation, installed
from benchmarks.machine import described

BUYERS = 32
AT_ONCE = 4
BEFORE, AFTER = 3.0, 12.0  # seconds of load around each outage
RESUMED_WITHIN, RECOVERED_WITHIN = 10.0, 5.0
UNAVAILABLE = "503 UNAVAILABLE"


@dataclass
class Load:
    """Balances read, orders made and reserved, in a thread, until the time is over."""

    caller: Caller
    people: list[str]
    seconds: float
    seen: Seen = field(default_factory=Seen)
    faults: list[float] = field(default_factory=list)  # when something was no success
    orders: list[str] = field(default_factory=list)

    def __enter__(self) -> "Load":
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join()

    def _run(self) -> None:
        self.seen = measure(
            self.caller, self._asked(), at_once=AT_ONCE, seconds=self.seconds, then=self._note
        )

    def _asked(self) -> Iterator[bytes]:
        while True:
            buyer, seller = random.sample(self.people, 2)
            terms = {"buyer_id": buyer, "seller_id": seller, "amount": "1.00", "currency": "USD"}
            yield self.caller.get(f"users/{buyer}/balance")
            yield self.caller.post("orders", {**terms, "title": "Made in an outage"})
            if self.orders:
                yield self.caller.post(f"orders/{self.orders.pop(0)}/reserve", {})

    def _note(self, status: int, body: bytes) -> None:
        if status == 201:
            self.orders.append(json.loads(body)["id"])
        elif status != 200:
            self.faults.append(time.monotonic())


class Outages:
    """One run on one installation."""

    def __init__(self, place: Installation, options: Namespace, console: Console) -> None:
        self.place = place
        self.options = options
        self.console = console
        self.caller = Caller(place.seeded["base_url"], place.seeded["api_key"])
        self.people = funded_buyers(BUYERS)
        self.is_good = True

    def valkey(self) -> None:
        """Stopped for so many seconds, in which conversations begin."""
        away = self.options.seconds
        with Load(self.caller, self.people, BEFORE + away + AFTER) as load:
            time.sleep(BEFORE)
            self.place.stop("valkey")
            until = time.monotonic() + away
            asked = list(itertools.takewhile(lambda _: time.monotonic() < until, self._links()))
            self.place.start("valkey")
            resumed = self._resumed(asked)
        self._tell(f"Valkey away for {away:g} s", load)
        self._judge("no request failed", not load.seen.errors)
        self._judge(
            f"{len(asked)} conversations begun meanwhile ended {resumed:.1f} s after its return"
            f" (target {RESUMED_WITHIN:g})",
            resumed <= RESUMED_WITHIN,
        )

    def postgres(self) -> None:
        """Stopped as for a minor upgrade, and started again at once."""
        with Load(self.caller, self.people, BEFORE + AFTER) as load:
            time.sleep(BEFORE)
            self.place.stop("postgres")
            self.place.start("postgres")
            returned = time.monotonic()
        self._tell("PostgreSQL restarted", load)
        last = max([moment - returned for moment in load.faults], default=0.0)
        self._judge("every failure was 503 UNAVAILABLE", set(load.seen.errors) <= {UNAVAILABLE})
        self._judge(
            f"the last failure came {max(last, 0):.1f} s after its return"
            f" (target {RECOVERED_WITHIN:g})",
            last <= RECOVERED_WITHIN,
        )

    def _links(self) -> Iterator[str]:
        """Each a conversation with Airtm, which the worker leads; a few a second."""
        for person in self.people:
            body = {"email": "ada@example.com" if person == self.people[0] else f"{person}@x.org"}
            request = self.caller.post(f"users/{person}/airtm/link", body)
            seen = measure(self.caller, iter([request]), at_once=1, seconds=1)
            self._judge("a conversation begins without the broker", not seen.errors, loud=False)
            time.sleep(0.3)
            yield person
        while True:
            time.sleep(0.3)
            yield ""

    def _resumed(self, asked: list[str]) -> float:
        """Seconds until none of these waits any more."""
        from integrations.providers.models import AirtmLink  # noqa: PLC0415 – Django is set up

        begun = time.monotonic()
        waiting = AirtmLink.across_books.filter(holder__in=asked, status="LINKING")
        while waiting.exists() and time.monotonic() < begun + 10 * RESUMED_WITHIN:
            time.sleep(0.1)
        return time.monotonic() - begun

    def _tell(self, what: str, load: Load) -> None:
        seen = load.seen
        self.console.print(
            f"[bold]{what}[/]: {len(seen.latencies):,} requests answered, {seen.rate:,.0f}/s,"
            f" p50 {seen.percentile(0.5):.0f} ms, p99 {seen.percentile(0.99):.0f} ms,"
            f" others: {seen.told()}"
        )

    def _judge(self, what: str, is_so: bool, *, loud: bool = True) -> None:  # noqa: FBT001
        self.is_good = self.is_good and is_so
        if loud or not is_so:
            self.console.print(f"  {'yes' if is_so else 'NO '}  {what}")

    def prove(self) -> None:
        """Whatever was cut short, the books have to balance."""
        from django.db import connections  # noqa: PLC0415 – Django is set up by now

        connections.close_all()  # those that the restart has ended
        self._judge("the books balance", books_balance())


def _options() -> Namespace:
    parser = ArgumentParser(prog="make bench-outage", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for which Valkey is away")
    return parser.parse_args()


def main() -> int:
    options, console = _options(), Console(width=110, highlight=False)
    with console.status("starting an installation"), installed() as place:
        place.set_up_django()
        console.print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {described()}")
        console.print(f"load of this machine before: {', '.join(map(str, os.getloadavg()))}")
        console.print(", ".join(f"{name}={value}" for name, value in LIFTED.items()))
        outages = Outages(place, options, console)
        outages.valkey()
        outages.prove()
        outages.postgres()
        outages.prove()
    return 0 if outages.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
