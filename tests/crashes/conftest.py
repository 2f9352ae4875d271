"""What the crash tests share: a real broker, the gate before the providers, a worker that dies."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app

from tests.cast import Api, Sale
from tests.crashes.broker import Broker
from tests.crashes.gate import Gate
from tests.crashes.mortal import Mortal, Nursery, is_anybody_connected, until
from tests.crashes.site import Site
from tests.granian import address


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
        "DATABASE_URL": address(application_name="mortal"),
        "REDIS_URL": valkey.url,
        "PUBLIC_URL": live_server.url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "CELERY_SKIP_CHECKS": "1",
    }


@pytest.fixture(scope="session")
def nursery(folder: Path, surroundings: dict[str, str]) -> Iterator[Nursery]:
    nursery = Nursery(log=folder / "worker.log", environment=surroundings)
    yield nursery
    nursery.close()


@pytest.fixture(scope="session")
def nursery_of_sites(folder: Path, surroundings: dict[str, str]) -> Iterator[Nursery]:
    environment = {**surroundings, "DATABASE_POOL": "4"}
    nursery = Nursery(log=folder / "web.log", environment=environment)
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
def mortal(transactional_db: None, nursery: Nursery, gate: Gate, folder: Path) -> Iterator[Mortal]:
    mortal = Mortal(nursery, gate, schedule=folder / "beat")
    yield mortal
    mortal.stop()


@pytest.fixture
def site(bazaar: Api, transactional_db: None, nursery_of_sites: Nursery) -> Iterator[Site]:
    site = Site(nursery_of_sites, key=bazaar.key)
    yield site
    site.kill()
    until(lambda: not is_anybody_connected())


@pytest.fixture
def doomed_sale(bazaar: Api, mortal: Mortal) -> Sale:
    """A sale that the mortal worker carries, from its very first step."""
    return Sale(bazaar, mortal)  # type: ignore[arg-type]


def _publish_to(url: str) -> None:
    current_app.conf.broker_url = url
    current_app._after_fork()  # Celery's own way to forget its connections
