"""`make bench`: the API of a running sandbox under bounded load, and whether its books balance.

It knows the system only from outside, through the file that `make sandbox` wrote, and it refuses
any address but this machine's own.
"""

import json
import random
import sys
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from rich.console import Console
from rich.table import Table

from benchmarks.client import Seen
from benchmarks.machine import Meter, described
from ledger.fields import new_id

HERE = {"127.0.0.1", "localhost", "::1"}
MOST_THREADS = 64
PEOPLE = 20


class CannotRun(Exception):
    """Something the person at the terminal can put right."""


class Api:
    """One marketplace's backend; each thread has a session, and so a connection, of its own."""

    def __init__(self, base: str, key: str) -> None:
        self.base = base
        self.key = key
        self.own = threading.local()

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        session = getattr(self.own, "session", None)
        if session is None:
            session = self.own.session = requests.Session()
            session.headers["Authorization"] = f"Bearer {self.key}"
        return session.request(method, f"{self.base}/{path}", timeout=30, **options)

    def write(self, path: str, body: Any) -> requests.Response:
        return self.ask("POST", path, json=body, headers={"Idempotency-Key": new_id("bench")})

    def made(self, path: str, body: Any) -> Any:
        answer = self.write(path, body)
        if not answer.ok:
            raise CannotRun(f"POST {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()


def workloads(api: Api, people: list[str]) -> dict[str, Callable[[], requests.Response]]:
    """What is asked, by its name: a read, a write of one row, and both in the mix of a shop."""

    def balance() -> requests.Response:
        return api.ask("GET", f"users/{random.choice(people)}/balance")

    def order() -> requests.Response:
        buyer, seller = random.sample(people, 2)
        terms = {"buyer_id": buyer, "seller_id": seller, "amount": "10.00", "currency": "USD"}
        return api.write("orders", {**terms, "title": "A benchmark's order"})

    return {
        "GET /users/{id}/balance": balance,
        "POST /orders": order,
        "nine reads to one write": lambda: order() if random.random() < 0.1 else balance(),
    }


def measure(act: Callable[[], requests.Response], *, threads: int, seconds: float) -> Seen:
    """Repeat `act` from so many threads at once, each waiting for its answer."""
    seen, begun = Seen(), time.perf_counter()

    def repeat() -> None:
        while (before := time.perf_counter()) < begun + seconds:
            try:
                answer = act()
            except requests.RequestException as error:
                seen.errors[type(error).__name__] += 1
                continue
            if answer.ok:
                seen.latencies.append((time.perf_counter() - before) * 1000)
            else:
                seen.errors[str(answer.status_code)] += 1

    crowd = [threading.Thread(target=repeat) for _ in range(threads)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    seen.seconds = time.perf_counter() - begun
    return seen


def run(options: Namespace, console: Console) -> bool:
    """Print the figures; whether the books balanced afterwards."""
    api = sandbox(options.sandbox)
    names = [new_id("bench") for _ in range(PEOPLE)]
    people = [api.made("users", {"external_id": name, "type": "BOTH"})["id"] for name in names]
    console.print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {described()}")
    console.print(
        f"{api.base}, {options.threads} threads, {options.seconds:g} s each, {PEOPLE} users; "
        "this client runs on the same machine"
    )
    table, meter = Table("asked", "req/s", "p50 ms", "p99 ms", "errors", "all others' CPU"), Meter()
    for name, act in workloads(api, people).items():
        measure(act, threads=options.threads, seconds=1)
        meter.start()
        seen = measure(act, threads=options.threads, seconds=options.seconds)
        table.add_row(
            name, f"{seen.rate:,.0f}", f"{seen.percentile(0.5):.1f}",
            f"{seen.percentile(0.99):.1f}", seen.told(), meter.told(),
        )  # fmt: skip
    console.print(table)
    console.print("all others' CPU: not used by this client, so with the sandbox's own in it")
    is_balanced = bool(api.ask("GET", "ledger/trial-balance").json()["balanced"])
    console.print(f"books balanced: {'yes' if is_balanced else 'no'}")
    return is_balanced


def sandbox(file: Path) -> Api:
    """The API of the sandbox that wrote this file. Raises `CannotRun`."""
    if not file.exists():
        raise CannotRun(f"{file} is not there: run `make sandbox` first")
    told = json.loads(file.read_text())
    if urlsplit(told["base_url"]).hostname not in HERE:
        raise CannotRun(f"{told['base_url']} is not this machine: load is for a sandbox only")
    return Api(told["base_url"], told["api_key"])


def _options() -> Namespace:
    parser = ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--sandbox", type=Path, default=Path("var/sandbox.json"))
    parser.add_argument("--threads", type=int, default=16, choices=range(1, MOST_THREADS + 1))
    parser.add_argument("--seconds", type=float, default=10)
    return parser.parse_args()


def main() -> int:
    try:
        return 0 if run(_options(), Console(width=110, highlight=False)) else 1
    except (CannotRun, requests.RequestException) as error:
        sys.stderr.write(f"the benchmark stopped: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
