"""`make bench-deposits ARGS="--sandbox var/sandbox.json"`: a deposit through the whole sandbox.

From the moment `POST /sandbox/deposits` has answered – the payment is on the chain – until the
user's balance shows it, with the sandbox's own web processes, watcher and worker in between.
"""

import time
from argparse import Namespace
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from benchmarks.client import Seen
from benchmarks.load import Api, CannotRun, sandbox
from benchmarks.machine import Meter, described
from ledger.fields import new_id

GRACE = 30  # seconds until a deposit counts as lost
LOOKS = 0.02  # seconds between two looks at the balance
USERS = 10


def run(options: Namespace, console: Console) -> bool:
    """Print the figures; whether all were credited and the books balanced afterwards."""
    api, meter, seen = sandbox(options.sandbox), Meter(), Seen()
    console.print(f"{described()}; {api.base}")
    people = [_user(api) for _ in range(USERS)]
    meter.start()
    for number in range(options.deposits):
        _deposit(api, people[number % USERS], number // USERS + 1, seen)
    table = Table("whole sandbox", "p50 ms", "p99 ms", "errors", "all others' CPU")
    figures = (f"{seen.percentile(0.5):,.0f}", f"{seen.percentile(0.99):,.0f}")
    lost = ", ".join(f"{count} × {what}" for what, count in seen.errors.items()) or "none"
    table.add_row(f"{len(seen.latencies)} deposits → balance", *figures, lost, meter.told())
    console.print(table)
    balanced = bool(api.ask("GET", "ledger/trial-balance").json()["balanced"])
    console.print(f"books balanced: {'yes' if balanced else 'NO'}")
    return balanced and not seen.errors


def _user(api: Api) -> str:
    """A user whose wallet is on the chain."""
    user = str(api.made("users", {"external_id": new_id("bench"), "type": "BOTH"})["id"])
    api.made(f"users/{user}/wallet", {})
    deadline = time.monotonic() + GRACE
    while api.ask("GET", f"users/{user}/wallet").json()["status"] != "READY":
        if time.monotonic() > deadline:
            raise CannotRun(f"the wallet of {user} is not ready after {GRACE} s")
        time.sleep(0.1)
    return user


def _deposit(api: Api, user: str, times: int, seen: Seen) -> None:
    """One dollar; `times` is how many the user has afterwards."""
    api.made("sandbox/deposits", {"user_id": user, "amount": "1.00"})
    begun = time.perf_counter()
    while time.perf_counter() < begun + GRACE:
        balance = api.ask("GET", f"users/{user}/balance").json()["available"]
        if Decimal(balance) == times:
            seen.latencies.append((time.perf_counter() - begun) * 1000)
            return
        time.sleep(LOOKS)
    seen.errors["not credited"] += 1
