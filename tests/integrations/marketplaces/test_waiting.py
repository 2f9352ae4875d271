"""`Prefer: wait=N`: a longer answer for those who want it, and never a slower product."""

import threading
import time
from typing import Any

import pytest
import requests
from django.db import connections, transaction
from django.test import RequestFactory
from rest_framework.request import Request

from integrations.marketplaces.models import User
from integrations.marketplaces.rest import waiting
from ledger.atomicity import refuse_transaction
from tests.patience import PATIENCE
from tests.shop import Shop
from withdrawals import over_airtm
from withdrawals.models import Withdrawal


def preferred(header: str) -> int:
    return waiting.preferred(Request(RequestFactory().get("/", headers={"Prefer": header})))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=5", 5),
        ("respond-async, wait=10", 10),
        ("respond-async;wait=3", 3),
        ("wait=30", 30),
        ("wait=31", 30),
        ("wait=999", 30),
        ("wait=0", 0),
        ("", 0),
        ("wait", 0),
        ("wait=soon", 0),
        ("wait=-5", 0),
        ("await=5", 0),
        ("wait=99999999999999999999", 0),
    ],
)
def test_a_preference_is_read_and_bounded(header: str, seconds: int) -> None:
    assert preferred(header) == seconds


def ask(base: str, shop: Shop, user: User, *, prefer: str, key: str = "w") -> requests.Response:
    return requests.post(
        f"{base}/api/v1/withdrawals",
        json={"user_id": user.id, "amount": "1.00", "destination": {"type": "AIRTM"}},
        headers={
            "Authorization": f"Bearer {shop.token}",
            "Idempotency-Key": key,
            "Prefer": prefer,
        },
        timeout=PATIENCE,
    )


@pytest.mark.django_db(transaction=True)
class TestOverHttp:
    def test_nobody_waits_unasked(self, shop: Shop, ada: User, live_server: Any) -> None:
        answer = ask(live_server.url, shop, ada, prefer="")
        assert (answer.status_code, answer.json()["status"]) == (202, "CHECKING")
        assert "Preference-Applied" not in answer.headers

    def test_the_wait_ends_when_the_time_is_over(
        self, shop: Shop, ada: User, live_server: Any
    ) -> None:
        began = time.monotonic()
        answer = ask(live_server.url, shop, ada, prefer="wait=1")
        assert time.monotonic() - began >= 1
        assert answer.json()["status"] == "CHECKING"
        assert answer.headers["Preference-Applied"] == "wait=1"

    def test_the_wait_ends_when_the_operation_has(
        self, shop: Shop, ada: User, live_server: Any
    ) -> None:
        answers: list[requests.Response] = []
        waiter = threading.Thread(
            target=lambda: answers.append(ask(live_server.url, shop, ada, prefer="wait=30"))
        )
        waiter.start()
        self._settle(shop)
        waiter.join()
        assert answers[0].json()["status"] == "CREATED"

    def test_a_replay_waits_too_and_shows_how_it_stands(
        self, shop: Shop, ada: User, live_server: Any
    ) -> None:
        ask(live_server.url, shop, ada, prefer="")
        self._settle(shop)
        plain = ask(live_server.url, shop, ada, prefer="")
        waited = ask(live_server.url, shop, ada, prefer="wait=5")
        assert plain.headers["Idempotency-Replay"] == waited.headers["Idempotency-Replay"] == "true"
        assert (plain.json()["status"], waited.json()["status"]) == ("CHECKING", "CREATED")

    def test_beyond_a_quarter_of_the_threads_nobody_waits(
        self, shop: Shop, ada: User, live_server: Any
    ) -> None:
        places = 0
        while waiting._places.acquire(blocking=False):
            places += 1
        try:
            began = time.monotonic()
            answer = ask(live_server.url, shop, ada, prefer="wait=20")
            assert time.monotonic() - began < 20
            assert "Preference-Applied" not in answer.headers
        finally:
            waiting._places.release(places)

    def _settle(self, shop: Shop) -> None:
        """Airtm knows the recipient."""
        rows = Withdrawal.objects.of(shop.book).filter(status="CHECKING")
        deadline = time.monotonic() + PATIENCE
        while not rows.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        refuse_transaction()
        with transaction.atomic():
            rows.get().advance("CREATED", by=over_airtm.AIRTM)
        connections.close_all()
