"""The watcher killed between any two of its steps, and a wallet's worker killed while it opens one.

| window | what lies between                                                        |
|--------|--------------------------------------------------------------------------|
| W-17   | the page is asked for / read / written down / credited / the cursor moved |
| C23    | the user asks for a wallet / somebody makes it                           |
| C24    | the wallet's row / its account and trustline                             |
"""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from config.standalone.children import Child, Starter
from integrations.providers.models import ChainCursor, ChainMovement, Submission
from integrations.simulators.stellar.gifts import pay_from_stranger
from ledger.models import Event, Transfer
from ledger.money import DOLLAR
from payments.models import Deposit
from tests.cast import Api, Worker
from tests.crashes.gate import Gate, the_answer
from tests.crashes.mortal import (
    Mortal,
    is_anybody_connected,
    is_kept_waiting,
    locked_account,
    until,
)
from tests.patience import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


class Watcher:
    """`manage.py watch_stellar` as a process that is killed and started again."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.starter = Starter(logs=folder)
        self.environment = environment
        self.child: Child | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "django", "watch_stellar"]
        self.child = self.starter.start("watcher", command, environment=self.environment)

    def kill(self) -> None:
        """`kill -9`, wherever it stands."""
        if self.child:
            self.child.process.kill()
            self.child.process.wait()
            self.child = None

    def gone(self) -> None:
        """Nothing of it is left in the database. Not to be asked within a transaction."""
        until(lambda: not is_anybody_connected())


@pytest.fixture
def watcher(
    transactional_db: None, folder: Path, surroundings: dict[str, str]
) -> Iterator[Watcher]:
    watcher = Watcher(folder, surroundings)
    yield watcher
    watcher.kill()
    watcher.gone()


@pytest.fixture
def ada(bazaar: Api, worker: Worker) -> str:
    """Ada has a wallet, and 5.00 were paid into it while nobody looked."""
    ada = str(bazaar.made("users", {"external_id": "ada", "type": "BUYER"})["id"])
    bazaar.made(f"users/{ada}/wallet")
    worker.settle()
    pay_from_stranger(bazaar.seen(f"users/{ada}/wallet")["address"], amount=5 * DOLLAR)
    return ada


class Horizon:
    """Stands before the pretended Horizon and keeps answers about payments."""

    def __init__(self, behind: Callable[..., Iterable[bytes]]) -> None:
        self.behind, self.resume, self.asked = behind, threading.Event(), threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = self.behind(environ, start_response)
        if environ["PATH_INFO"].endswith("/stellar/payments"):
            self.asked.set()
            self.resume.wait(timeout=PATIENCE)
        return answer


@contextmanager
def answers_kept(live_server: Any) -> Iterator[Horizon]:
    server = live_server.thread.httpd
    horizon = Horizon(server.get_app())
    server.set_app(horizon)
    try:
        yield horizon
    finally:
        server.set_app(horizon.behind)
        horizon.resume.set()


def test_w17_killed_while_it_waits_for_the_page(
    ada: str, bazaar: Api, watcher: Watcher, live_server: Any
) -> None:
    with answers_kept(live_server) as horizon:
        watcher.start()
        assert horizon.asked.wait(timeout=PATIENCE)
        watcher.kill()
    watcher.gone()
    assert_nothing_happened()
    assert_credited_once_after(watcher, ada, bazaar)


def test_w17_killed_between_the_movement_and_its_credit(
    ada: str, bazaar: Api, watcher: Watcher
) -> None:
    """By then the movement is written down; nothing of it may stay."""
    with locked_account(kind="available", subject=ada):
        watcher.start()
        until(is_kept_waiting)
        watcher.kill()
    watcher.gone()
    assert_nothing_happened()
    assert_credited_once_after(watcher, ada, bazaar)


def test_w17_killed_after_the_commit_and_started_again(
    ada: str, bazaar: Api, watcher: Watcher
) -> None:
    watcher.start()
    until(Deposit.across_books.exists)
    watcher.kill()
    watcher.gone()
    assert_credited_once_after(watcher, ada, bazaar)


def test_c23_c24_a_worker_that_dies_while_it_opens_a_wallet(
    bazaar: Api, mortal: Mortal, gate: Gate
) -> None:
    gate.hold = the_answer
    ada = bazaar.made("users", {"external_id": "ada", "type": "BUYER"})["id"]
    bazaar.made(f"users/{ada}/wallet")
    mortal.settle()
    assert mortal.deaths
    shown = bazaar.seen(f"users/{ada}/wallet")
    assert (shown["status"], shown["address"][0]) == ("READY", "G")
    assert Submission.across_books.filter(status="CONFIRMED").count() == 1


def assert_nothing_happened() -> None:
    cursor = ChainCursor.objects.get()
    assert cursor.token == cursor.began_token
    for rows in (ChainMovement, Deposit):
        assert not rows.across_books.exists()


def assert_credited_once_after(watcher: Watcher, ada: str, bazaar: Api) -> None:
    """Started again, it credits what it owes; and once more, to see that it owes nothing."""
    watcher.start()
    until(lambda: Transfer.across_books.filter(kind="deposit").exists())
    assert bazaar.seen(f"users/{ada}/balance")["available"] == "5.00"
    assert Transfer.across_books.filter(kind="deposit").count() == 1
    assert Event.across_books.filter(type="deposit.credited").count() == 1
