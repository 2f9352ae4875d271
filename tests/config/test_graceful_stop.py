"""SIGTERM ends the web server after the requests that it is answering, and not before."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from django.db import connection

from integrations.marketplaces.models import User
from tests.shop import Shop

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(shop: Shop) -> Iterator[Any]:
    """The sandbox's web server on this test's database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    child = subprocess.Popen(
        [sys.executable, "-m", "config.standalone.web", str(port), "4"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": address(), "DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/api/v1"
    wait_until_alive(url)
    yield url, child
    child.kill()
    child.wait()


@pytest.mark.django_db(transaction=True)
def test_a_request_that_is_being_answered_comes_to_its_end(
    shop: Shop, ada: User, server: Any
) -> None:
    url, child = server
    told: list[requests.Response] = []

    def change() -> None:
        told.append(
            requests.patch(
                f"{url}/users/{ada.id}",
                json={"type": "SELLER"},
                headers={"Authorization": f"Bearer {shop.token}"},
                timeout=20,
            )
        )

    request = threading.Thread(target=change)
    with psycopg.connect(address()) as other:
        other.execute("SELECT 1 FROM marketplaces_user WHERE id = %s FOR UPDATE", [ada.id])
        request.start()
        time.sleep(1)  # it has come in by now, and waits for the row
        child.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert not told
    request.join(timeout=20)
    assert [answer.status_code for answer in told] == [200]
    assert User.across_books.get(pk=ada.pk).type == "SELLER"
    child.wait(timeout=10)


def address() -> str:
    told = connection.settings_dict
    host = told["HOST"] or "localhost"
    place = f"{host}:{told['PORT']}" if told["PORT"] and not host.startswith("/") else ""
    if not place:
        return f"postgresql://{told['USER']}@/{told['NAME']}?host={host}"
    return f"postgresql://{told['USER']}@{place}/{told['NAME']}"


def wait_until_alive(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{url}/health", timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("the web server never came up")
