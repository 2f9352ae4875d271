"""Indoors: the system and the pretended providers in one process and one transaction, no sockets.

Routes, headers, bodies and the adapters' own client are those of the wire, which alone is missing.
The transaction never ends, so that no wake-up is ever sent: the sweep carries everything on. What a
test does between `kept()` and its end is undone, which makes many examples of one beginning cheap.
"""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from requests.adapters import HTTPAdapter

from integrations.simulators import clock
from ledger import clock as product_clock
from ledger import sweeping
from tests.cast import Api, Sale, Worker

A_ROUND = 11  # seconds: every conversation is looked at again by then


class Patient(Worker):
    """Nobody wakes it: it finds its work by state, as time passes."""

    def settle(self, *, steps: int = 14) -> list[str]:
        """So many rounds of the sweep, which is more than any act takes."""
        return [name for _ in range(steps) for name in self.round()]

    def round(self) -> list[str]:
        clock.advance(seconds=A_ROUND)
        sweeping.sweep()
        ran = []
        while name := self.step():
            ran.append(name)
        return ran


@contextmanager
def kept() -> Iterator[None]:
    """What happens within is undone, as Django's test case undoes a test."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)
    product_clock.forget()


def without_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever `requests` asks, of whichever host, is answered by this very process."""
    client = Client(raise_request_exception=False)  # one for all: each loads the middleware anew
    monkeypatch.setattr(HTTPAdapter, "send", lambda *asked, **_: _answer(client, *asked))


@pytest.fixture
def indoors(db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, worker: Worker) -> Sale:
    """Ada and Ben, as in a `sale`."""
    without_sockets(monkeypatch)
    worker.forget()
    call_command("roles", verbosity=0)
    call_command("seed", output=str(tmp_path / "sandbox.json"), verbosity=0)
    seeded = json.loads((tmp_path / "sandbox.json").read_text())
    sale = Sale(Api(seeded["base_url"], seeded["api_key"]), Patient())
    sale.begin()
    return sale


def _answer(client: Client, adapter: HTTPAdapter, request: Any) -> Any:
    """What the network would bring back."""
    headers = {name: value for name, value in request.headers.items() if name != "Content-Length"}
    body = request.body.encode() if isinstance(request.body, str) else request.body or b""
    answer = client.generic(
        request.method,
        request.path_url,
        body,
        content_type=headers.pop("Content-Type", "application/octet-stream"),
        headers=headers,
    )
    content = answer.getvalue() if answer.streaming else answer.content
    raw = urllib3.HTTPResponse(
        io.BytesIO(content),
        headers=dict(answer.items()),
        status=answer.status_code,
        preload_content=False,
    )
    return adapter.build_response(request, raw)
