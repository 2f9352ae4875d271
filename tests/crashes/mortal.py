"""The mortal worker: the sandbox's own worker as a process that a test kills and starts again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from celery import current_app
from django.db import connection, transaction

from config import wiring
from config.standalone.children import die_with
from config.standalone.place import PROJECT
from integrations.providers.models import Inbound
from integrations.simulators import clock
from integrations.simulators.models import AirtmMessage
from ledger import events
from ledger.lifecycle import Lifecycle
from ledger.models import Account
from ledger.wiring import wired
from payments.models import Order
from tests.crashes.gate import Gate
from tests.patience import PATIENCE

BEYOND_EVERY_TERM = 21  # seconds: no conversation is left alone for longer, and no webhook either
# What finds work by its state; the beat would do it too, within its second, or within five.
OF_THE_CLOCKWORK = ["ledger.sweep", "providers.absorb_waiting", "simulators.deliver_webhooks"]
A_PERSON_IS_ASKED = ["AWAITING_USER_CONFIRMATION", "PENDING_USER_ACTION"]


class Nursery:
    """Where processes come from: loading Django anew for each would take most of the time."""

    def __init__(self, *, log: Path, environment: dict[str, str]) -> None:
        self.log = log.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crashes.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env=environment,
            cwd=PROJECT,
            text=True,
            preexec_fn=die_with(os.getpid(), signal.SIGKILL),  # noqa: PLW1509
        )
        assert self.said() == "ready"

    def hatch(self, kind: str, told: object) -> int:
        """A new process's id: of a `worker` with its schedule, or of a `web` on its port."""
        assert self.process.stdin
        self.process.stdin.write(f"{kind} {told}\n")
        self.process.stdin.flush()
        return int(self.said())

    def said(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def kill(self, pid: int) -> None:
        """`kill -9` of a process and of what it has started."""
        os.killpg(pid, signal.SIGKILL)
        assert self.said() == "dead"

    def close(self) -> None:
        """Its children die with it."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.log):
            assert stream
            stream.close()


class Mortal:
    """Takes the place of `tests.cast.Worker` in a `Sale`."""

    def __init__(self, nursery: Nursery, gate: Gate, *, schedule: Path) -> None:
        self.nursery = nursery
        self.gate = gate
        self.schedule = schedule
        self.pid = 0
        self.deaths = 0

    def start(self) -> None:
        self.pid = self.nursery.hatch("worker", self.schedule)

    def kill(self) -> None:
        """Wherever it stands."""
        self.nursery.kill(self.pid)
        self.pid, self.deaths = 0, self.deaths + 1

    def stop(self) -> None:
        """At the end of a test: no worker, and nothing that it left open in the database."""
        if self.pid:
            self.kill()
        self.gate.release()
        until(lambda: not is_anybody_connected())

    def start_again(self) -> None:
        """After a death: once its terms have run out, the work is found by its state."""
        self.gate.release()
        clock.advance(seconds=BEYOND_EVERY_TERM)
        self.start()
        for task in OF_THE_CLOCKWORK:
            events.wake(task)

    def settle(self) -> None:
        """Work until nobody owes an answer; killed and started again whenever a call is held."""
        if not self.pid:
            self.start()
        until(self._is_over)

    def dies_needing(self, *, kind: str, subject: str) -> None:
        """Start, and be killed while it waits for an account that the test has locked."""
        self.dies_behind(locked_account(kind=kind, subject=subject))

    def dies_behind(self, lock: AbstractContextManager[None]) -> None:
        """Start, and be killed while it waits for what the test has locked."""
        with lock:
            self.start()
            until(is_kept_waiting)
            self.kill()

    def lose_every_message(self) -> None:
        """As a broker does that dies."""
        with current_app.connection_for_write() as broker:
            broker.default_channel.client.flushall()

    def _is_over(self) -> bool:
        if self.gate.holds():
            self.kill()
            self.start_again()
        return nobody_owes_an_answer()


def nobody_owes_an_answer() -> bool:
    """Every conversation has come to an end, or to a person."""
    nouns: list[type[Lifecycle]] = [wired(noun) for noun in wiring.NOUNS]  # type: ignore[misc]
    waiting = [
        noun._base_manager.filter(wake_at__isnull=False).exclude(status__in=A_PERSON_IS_ASKED)
        for noun in nouns
    ]
    waiting += [
        Order.across_books.filter(in_checkout=True),
        AirtmMessage.objects.filter(next_attempt_at__isnull=False),
        Inbound.objects.filter(verdict=Inbound.Verdict.VALID, absorbed_at=None),
    ]
    return not any(rows.exists() for rows in waiting)


@contextmanager
def locked_account(*, kind: str, subject: str) -> Iterator[None]:
    """While the test holds this, no money can come to the account or leave it."""
    with transaction.atomic():
        Account.across_books.select_for_update(no_key=True).get(kind=kind, subject=subject)
        yield


@contextmanager
def locked_rows(noun: type[Any]) -> Iterator[None]:
    """While the test holds these, nobody can change them, nor what comes after them."""
    with transaction.atomic():
        list(noun.across_books.select_for_update())
        yield


def until(is_so: Callable[[], Any], *, seconds: float = PATIENCE) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {seconds} s: {is_so}"
        time.sleep(0.03)


def is_kept_waiting() -> bool:
    """Whether somebody waits for a row that the caller's transaction has locked."""
    return _count(
        "SELECT count(*) FROM pg_locks"
        " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )


def is_anybody_connected() -> bool:
    """Whether a process that the test has started still has a session in the database."""
    return _count(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'mortal'"
    )


def _count(query: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return bool(cursor.fetchone()[0])
