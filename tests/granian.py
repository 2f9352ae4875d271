"""The sandbox's own web server, as a process on the test's database."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from django.db import connection

from tests.patience import PATIENCE
from tests.shop import Shop

ROOT = Path(__file__).parents[1]
THREADS = "4"


@pytest.fixture
def server(shop: Shop) -> Iterator[Any]:
    """Its address, and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = {
        "DATABASE_URL": address(),
        "DATABASE_POOL": THREADS,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "RATE_LIMIT_PER_USER": "10000",
        "LOG_LEVEL": "WARNING",
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "config.standalone.web", str(port), THREADS],
        cwd=ROOT,
        env={**os.environ, **told},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/api/v1"
    try:
        wait_until_alive(url)
        yield url, child
    finally:
        child.kill()
        child.wait()


def address(**options: str) -> str:
    """Of the database that pytest-django made, as libpq and Django's settings both read it."""
    given = urlsplit(os.environ["DATABASE_URL"])
    query = "&".join(part for part in (given.query, urlencode(options)) if part)
    return given._replace(path=f"/{connection.settings_dict['NAME']}", query=query).geturl()


def wait_until_alive(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{url}/health", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise AssertionError("the web server never came up")
