"""The cast: Bazaar with buyer Ada and seller Ben, Stranger who must never see anything, and the
worker that a test steps by hand."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests
from celery import current_app
from django.conf import settings
from django.db import connection
from kombu.exceptions import OperationalError
from pytest_django.live_server_helper import LiveServer

from tests.patience import PATIENCE
from tests.seeding import Beginnings


@dataclass
class Api:
    """A marketplace's backend: speaks to the live server over HTTP, a fresh key per write."""

    base: str
    key: str

    def get(self, path: str, **options: Any) -> requests.Response:
        return self._send("GET", path, **options)

    def post(
        self, path: str, body: Any = None, *, idempotency_key: str | None = "", **headers: str
    ) -> requests.Response:
        """A write; `idempotency_key=None` leaves the header out."""
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key or str(uuid4())
        return self._send("POST", path, json={} if body is None else body, headers=headers)

    def made(self, path: str, body: Any = None, **headers: str) -> Any:
        """A write that must succeed; its resource."""
        answer = self.post(path, body, **headers)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def seen(self, path: str) -> Any:
        """A read that must succeed."""
        answer = self.get(path)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def _send(self, method: str, path: str, *, headers: Any = None, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        return requests.request(
            method, f"{self.base}/{path}", headers=headers, timeout=30, **options
        )


@dataclass
class Sale:
    """Ada buys from Ben, step by step, through the public API and the sandbox routes only."""

    api: Api
    worker: "Worker"
    ada: str = ""
    ben: str = ""
    topup: str = ""
    order: str = ""

    def begin(self) -> None:
        """Both exist and are linked to their Airtm accounts."""
        for name, kind in (("ada", "BUYER"), ("ben", "SELLER")):
            email = f"{name}@example.com"
            user = self.api.made("users", {"external_id": name, "email": email, "type": kind})
            setattr(self, name, user["id"])
            self.api.made(f"users/{user['id']}/airtm/link", {"email": email})
        self.worker.settle()

    def top_up(self, amount: str, *, wait: bool = False) -> None:
        prefer = {"Prefer": "wait=20"} if wait else {}
        topup = self.api.made("topups", {"user_id": self.ada, "amount": amount}, **prefer)
        self.topup = topup["id"]
        if not wait:
            self.worker.settle()
        self.api.made(f"sandbox/topups/{self.topup}/confirm")
        self.until(
            lambda: self.api.seen(f"topups/{self.topup}")["status"] == "SUCCEEDED", wait=wait
        )

    def agree(self, amount: str) -> str:
        self.order = self.api.made(
            "orders",
            {"buyer_id": self.ada, "seller_id": self.ben, "amount": amount, "currency": "USD",
             "title": "A logo"},
        )["id"]  # fmt: skip
        return self.order

    def check_out(self, amount: str) -> None:
        self.api.made(f"orders/{self.agree(amount)}/checkout")
        self.worker.settle()
        assert self.api.seen(f"orders/{self.order}")["status"] == "IN_PROGRESS"

    def deliver(self) -> None:
        self.api.made(f"orders/{self.order}/deliver", {"evidence": "https://example.com/logo"})

    def release(self) -> None:
        self.api.made(f"orders/{self.order}/release", {"requested_by": "BUYER"})
        self.worker.settle()

    def ask_for(self, amount: str) -> str:
        """Ben asks for a withdrawal; it is checked and not committed."""
        body = {"user_id": self.ben, "amount": amount, "destination": {"type": "AIRTM"}}
        withdrawal = self.api.made("withdrawals", body)["id"]
        self.worker.settle()
        assert self.api.seen(f"withdrawals/{withdrawal}")["status"] == "CREATED"
        return str(withdrawal)

    def until(self, is_so: Callable[[], bool], *, wait: bool) -> None:
        """Somebody else works in the background, or the test's own worker does."""
        deadline = time.monotonic() + PATIENCE
        while wait and not is_so() and time.monotonic() < deadline:
            time.sleep(0.05)
        if not wait:
            self.worker.settle()
        assert is_so()


class Worker:
    """Celery's worker, stepped by hand: what was published stays in memory until it is run."""

    def step(self) -> str | None:
        """Run one published task; its name, or None if there is none."""
        with current_app.connection_for_read() as connection:
            queue = connection.SimpleQueue("celery")
            try:
                message = queue.get(block=False)
            except queue.Empty:
                return None
            finally:
                queue.close()
            message.ack()
        name = message.headers["task"]
        _, arguments, _ = message.decode()
        current_app.tasks[name](**arguments)
        return str(name)

    def settle(self, *, steps: int = 400) -> list[str]:
        """Run tasks, look after what is overdue, until nothing moves any more."""
        from ledger import sweeping  # noqa: PLC0415 – settings are configured by now

        ran: list[str] = []
        for _ in range(steps):
            name = self.step()
            if name is None and not self._hasten(sweeping):
                return ran
            ran += [name] if name else []
        raise AssertionError(f"it never came to rest: {ran[-20:]}")

    def forget(self) -> None:
        """Lose every message, as a broker does that dies."""
        try:
            with current_app.connection_for_write() as connection:
                connection.default_channel.queue_purge("celery")
        except (OperationalError, KeyError):
            return

    def _hasten(self, sweeping: Any) -> int:
        """What waits only for another transaction's end is looked at now and not in a second."""
        from escrow.models import Dispute, Escrow  # noqa: PLC0415
        from integrations.providers.models import Wallet  # noqa: PLC0415
        from ledger import clock  # noqa: PLC0415
        from payments.models import Milestone  # noqa: PLC0415
        from withdrawals.models import TreasuryMove, Withdrawal  # noqa: PLC0415

        woken = 0
        nouns = (Wallet, Escrow, Milestone, Dispute, TreasuryMove)
        asked = [noun.across_books.exclude(status__in=[*noun.ENDS_AT, "CREATED"]) for noun in nouns]
        for rows in (*asked, Withdrawal.across_books.filter(rail="STELLAR")):
            for row in rows.filter(wake_at__isnull=False).order_by("pk"):
                rows.filter(pk=row.pk).update(wake_at=clock.now())
                woken += 1
        return sweeping.sweep() if woken else 0


@pytest.fixture(scope="session")
def web() -> Iterator[LiveServer]:
    """What pytest-django's `live_server` is, for those who do not want what comes with its name:
    that every test which asks for it empties the database."""
    server = LiveServer(urlsplit(settings.PUBLIC_URL).netloc)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def live_server(web: LiveServer) -> LiveServer:
    return web


@pytest.fixture(scope="session")
def beginnings(tmp_path_factory: pytest.TempPathFactory) -> Beginnings:
    return Beginnings(tmp_path_factory.mktemp("seed"))


@pytest.fixture
def sandbox(live_server: Any, beginnings: Beginnings) -> dict[str, str]:
    """Two marketplaces with their pretended providers, as `make sandbox` seeds them."""
    Worker().forget()
    assert live_server.url == settings.PUBLIC_URL
    return beginnings.seed()


@pytest.fixture
def worker() -> Worker:
    current_app.loader.import_default_modules()
    return Worker()


@pytest.fixture
def bazaar(sandbox: dict[str, str]) -> Api:
    return Api(sandbox["base_url"], sandbox["api_key"])


@pytest.fixture
def stranger(sandbox: dict[str, str]) -> Api:
    return Api(sandbox["base_url"], sandbox["other_api_key"])


@pytest.fixture
def background(worker: Worker) -> Iterator[None]:
    """The worker runs on its own, as it does in the sandbox."""
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            worker.settle()
            over.wait(0.05)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.fixture
def sale(bazaar: Api, worker: Worker, beginnings: Beginnings) -> Sale:
    def play() -> dict[str, str]:
        sale = Sale(bazaar, worker)
        sale.begin()
        return {"ada": sale.ada, "ben": sale.ben}

    return Sale(bazaar, worker, **beginnings.reach("a_sale", play))
