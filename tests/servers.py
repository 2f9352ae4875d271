"""A pytest plugin: a PostgreSQL for this run alone, unless DATABASE_URL names one."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from config.standalone.children import Starter, stop_together
from config.standalone.place import DATABASES_OF_ROOT, is_alive
from config.standalone.postgres import Postgres

# Nothing here outlives the run, so nothing has to survive a power cut. The test that is about
# surviving one starts a server of its own.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "150",
}


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before pytest-django reads the settings. The processes of xdist inherit the address."""
    if os.environ.get("DATABASE_URL"):
        return
    home = _new_home()
    postgres = Postgres(
        home=home / "pg",
        starter=Starter(logs=home),
        version=os.environ.get("PG") or "18",
        settings=SETTINGS,
    )
    early_config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    server = postgres.start()
    early_config.add_cleanup(lambda: stop_together([server], within=5))  # runs first
    os.environ["DATABASE_URL"] = postgres.url


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(StrayConnections())


def pytest_report_header() -> str:
    return f"database: {os.environ['DATABASE_URL']}"


class StrayConnections:
    """Registered after pytest-django, so that its fixture extends theirs."""

    @pytest.fixture(scope="session")
    def django_db_setup(
        self, django_db_setup: None, django_db_blocker: DjangoDbBlocker
    ) -> Iterator[None]:
        """End what threads left open, for it would be in the way of DROP DATABASE."""
        yield
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def _new_home() -> Path:
    """A folder that tells whose it is, so that a killed run's is removed by the next one."""
    parent = DATABASES_OF_ROOT if os.geteuid() == 0 else Path(tempfile.gettempdir())
    parent.mkdir(exist_ok=True)
    for old in parent.glob("offerhub-test-*"):
        if not is_alive(int(old.name.split("-")[2])):
            shutil.rmtree(old, ignore_errors=True)
    home = Path(tempfile.mkdtemp(prefix=f"offerhub-test-{os.getpid()}-", dir=parent))
    home.chmod(0o711)
    parent.chmod(0o755) if parent == DATABASES_OF_ROOT else None
    return home
