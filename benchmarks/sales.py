"""`make bench-sales`: whole sales of a running sandbox, from checkout over delivery to release.

So many pairs of a buyer and a seller each play one sale after the other; every step waits for the
pretended providers, which answer at once. It knows the system only from outside.
"""

import subprocess
import sys
import threading
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from rich.console import Console
from rich.table import Table

from benchmarks.client import Seen
from benchmarks.load import Api, CannotRun, sandbox
from benchmarks.machine import Meter, described
from ledger.fields import new_id

AMOUNT, PURSE = "1.00", "200.00"
WAIT = {"Prefer": "wait=25"}
LOOKS = 10  # a second, of all pairs together: what is measured is not the looking
LONGEST = 300  # seconds until a step counts as lost; wallets are opened one after the other
COUNT = (
    "from integrations.providers.models import Call;"
    "print(Call.objects.filter(provider='trustlesswork').count())"
)


class Stuck(Exception):
    """A step was refused, or did not come to its end."""


class Pair:
    """A buyer with money and a seller, who do nothing but sell."""

    def __init__(self, api: Api, *, among: int) -> None:
        self.api = api
        self.pause = among / LOOKS
        self.buyer, self.seller = (self._person(kind) for kind in ("BUYER", "SELLER"))
        api.made(f"users/{self.buyer}/wallet", {})
        self._until(f"users/{self.buyer}/wallet", "READY")
        api.made("sandbox/deposits", {"user_id": self.buyer, "amount": PURSE})
        self._until_paid()

    def sell(self) -> None:
        """One whole sale. Raises `Stuck`."""
        terms = {"buyer_id": self.buyer, "seller_id": self.seller, "currency": "USD"}
        terms |= {"amount": AMOUNT, "title": "A benchmark's sale"}
        order = f"orders/{self._done('orders', terms)['id']}"
        self._done(f"{order}/checkout", {})
        self._until(order, "IN_PROGRESS")
        self._done(f"{order}/deliver", {})
        self._done(f"{order}/release", {"requested_by": "BUYER"})
        self._until(order, "CLOSED")

    def _person(self, kind: str) -> str:
        named = {"external_id": new_id("bench"), "type": kind}
        return str(self.api.made("users", named)["id"])

    def _until_paid(self) -> None:
        deadline = time.monotonic() + LONGEST
        balance = f"users/{self.buyer}/balance"
        while self.api.ask("GET", balance).json()["available"] != PURSE:
            if time.monotonic() > deadline:
                raise Stuck("the deposit was not credited")
            time.sleep(self.pause)

    def _done(self, path: str, body: Any) -> Any:
        headers = {"Idempotency-Key": new_id("bench"), **WAIT}
        answer = self.api.ask("POST", path, json=body, headers=headers)
        if not answer.ok:
            raise Stuck(str(answer.json()["error"]["code"]))
        return answer.json()

    def _until(self, path: str, status: str) -> None:
        deadline = time.monotonic() + LONGEST
        while (stands := self.api.ask("GET", path).json().get("status")) != status:
            if time.monotonic() > deadline:
                raise Stuck(f"{stands}, not {status}")
            time.sleep(self.pause)


def measure(pairs: list[Pair], *, seconds: float) -> Seen:
    """Every pair sells until the time is over, and finishes what it has begun."""
    seen, begun = Seen(), time.perf_counter()
    for pair in pairs:
        pair.pause = len(pairs) / LOOKS

    def repeat(pair: Pair) -> None:
        while (before := time.perf_counter()) < begun + seconds:
            try:
                pair.sell()
            except (Stuck, requests.RequestException) as error:
                seen.errors[str(error)[:40] or type(error).__name__] += 1
            else:
                seen.latencies.append((time.perf_counter() - before) * 1000)

    crowd = [threading.Thread(target=repeat, args=[pair]) for pair in pairs]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    seen.seconds = time.perf_counter() - begun
    return seen


def run(options: Namespace, console: Console) -> bool:
    """Print the figures; whether the books balanced afterwards and nothing went wrong."""
    api = sandbox(options.sandbox)
    console.print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {described()}")
    console.print(
        f"{api.base}: checkout of {AMOUNT}, delivered, released; so many pairs at once, "
        f"{options.seconds:g} s each, providers without latency on the same machine"
    )
    pairs = _opened(api, max(options.at_once))
    table, meter, errors = _table(), Meter(), Counter[str]()
    for number in options.at_once:
        calls = _calls()
        meter.start()
        seen = measure(pairs[:number], seconds=options.seconds)
        table.add_row(str(number), *_figures(seen, calls=_calls() - calls), meter.told())
        errors += seen.errors
    console.print(table)
    is_balanced = bool(api.ask("GET", "ledger/trial-balance").json()["balanced"])
    console.print(f"books balanced: {'yes' if is_balanced else 'no'}")
    return is_balanced and not errors


def _opened(api: Api, number: int) -> list[Pair]:
    """Each pair has sold once before, so that both have their wallets."""
    pairs: list[Pair] = []

    def opened() -> None:
        try:
            pair = Pair(api, among=number)
            pair.sell()
        except (Stuck, CannotRun) as error:
            sys.stderr.write(f"a pair could not sell: {error}\n")
        else:
            pairs.append(pair)

    crowd = [threading.Thread(target=opened) for _ in range(number)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    if len(pairs) < number:
        raise CannotRun(
            f"only {len(pairs)} of {number} pairs could sell: lift the limits, see above"
        )
    return pairs


def _table() -> Table:
    heads = ("at once", "sales", "sales/s", "p50 s", "p99 s", "TW calls/sale", "errors")
    return Table(*heads, "all others' CPU")


def _figures(seen: Seen, *, calls: int) -> list[str]:
    sales = len(seen.latencies)
    p50, p99 = (f"{seen.percentile(share) / 1000:.2f}" for share in (0.5, 0.99))
    per_sale = f"{calls / sales:.1f}" if sales and calls else "-"
    return [str(sales), f"{sales / seen.seconds:.2f}", p50, p99, per_sale, seen.told()]


def _calls() -> int:
    """How many calls Trustless Work has had: of what a sale needs, these are limited (50/min)."""
    asked = [sys.executable, "-m", "config.standalone", "manage", "shell", "-v", "0", "-c", COUNT]
    return int(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)


def _options() -> Namespace:
    parser = ArgumentParser(prog="make bench-sales", description=__doc__)
    parser.add_argument("--sandbox", type=Path, default=Path("var/sandbox.json"))
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--seconds", type=float, default=10)
    return parser.parse_args()


def main() -> int:
    try:
        return 0 if run(_options(), Console(width=120, highlight=False)) else 1
    except (CannotRun, Stuck, requests.RequestException) as error:
        sys.stderr.write(f"the benchmark stopped: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
