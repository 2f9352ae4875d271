"""What the crash tests share: a real broker, the gate before the providers, a worker that dies."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from celery import current_app
from django.db import connection

from tests.cast import Api, Sale
from tests.crashes.broker import Broker
from tests.crashes.gate import Gate
from tests.crashes.mortal import Mortal, Nursery, is_anybody_connected, until
from tests.crashes.site import Site


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("crashes")


@pytest.fixture(scope="session")
def valkey(folder: Path) -> Iterator[Broker]:
    broker = Broker(folder)
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def surroundings(valkey: Broker, live_server: Any, django_db_setup: None) -> dict[str, str]:
    """The environment of every process that a test starts: the test's own database and servers."""
    return {
        **os.environ,
        "DATABASE_URL": _test_database(),
        "REDIS_URL": valkey.url,
        "PUBLIC_URL": live_server.url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "CELERY_SKIP_CHECKS": "1",
    }


@pytest.fixture(scope="session")
def nursery(folder: Path, surroundings: dict[str, str]) -> Iterator[Nursery]:
    nursery = Nursery(folder=folder, environment=surroundings)
    yield nursery
    nursery.close()


@pytest.fixture(autouse=True)
def broker(valkey: Broker) -> Iterator[None]:
    """The live server's wake-ups reach the worker's process."""
    before = current_app.conf.broker_url
    _publish_to(valkey.url)
    yield
    _publish_to(before)


@pytest.fixture
def gate(live_server: Any) -> Iterator[Gate]:
    server = live_server.thread.httpd
    behind = server.get_app()
    gate = Gate(behind)
    server.set_app(gate)
    yield gate
    server.set_app(behind)
    gate.release()


@pytest.fixture
def mortal(transactional_db: None, nursery: Nursery, gate: Gate) -> Iterator[Mortal]:
    mortal = Mortal(nursery, gate)
    yield mortal
    mortal.stop()


@pytest.fixture
def site(
    bazaar: Api, transactional_db: None, folder: Path, surroundings: dict[str, str]
) -> Iterator[Site]:
    site = Site(folder=folder, environment=surroundings, key=bazaar.key)
    yield site
    site.child.wait(until=0)
    until(lambda: not is_anybody_connected())


@pytest.fixture
def doomed_sale(bazaar: Api, mortal: Mortal) -> Sale:
    """A sale that the mortal worker carries, from its very first step."""
    return Sale(bazaar, mortal)  # type: ignore[arg-type]


def _publish_to(url: str) -> None:
    current_app.conf.broker_url = url
    current_app._after_fork()  # Celery's own way to forget its connections


def _test_database() -> str:
    """The address of the database that pytest-django made."""
    name = connection.settings_dict["NAME"]
    query = urlencode({"application_name": "mortal"})
    address = urlsplit(os.environ["DATABASE_URL"])
    query = f"{address.query}&{query}" if address.query else query
    return address._replace(path=f"/{name}", query=query).geturl()
