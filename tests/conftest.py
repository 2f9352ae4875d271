"""What every test shares: the cast, and books that must balance whatever a test did."""

from collections.abc import Iterator

import pytest
from django.core.servers.basehttp import WSGIServer

from tests import emptying

emptying.instead_of_truncate()

# What races send at once must be able to queue, as it can before the real server.
WSGIServer.request_queue_size = 128

pytest_plugins = ["tests.cast", "tests.shop", "tests.harbour", "tests.airtm", "tests.granian"]


@pytest.fixture(autouse=True)
def time_is_asked_for_anew() -> None:
    """The clock that another test advanced is gone with its rows."""
    from ledger import clock  # noqa: PLC0415 – settings are configured by now

    clock.forget()


@pytest.fixture(autouse=True)
def books_are_proved(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did with the database, the books have to balance afterwards."""
    uses_database = {"db", "transactional_db"} & set(request.fixturenames)
    marked = request.node.get_closest_marker("django_db")
    if uses_database:
        request.getfixturevalue("transactional_db" if "transactional_db" in uses_database else "db")
    yield
    if uses_database or marked:
        from ledger import proofs  # noqa: PLC0415 – settings are configured by now

        alone = request.node.get_closest_marker("postings_alone")
        assert (proofs.arithmetic() if alone else proofs.faults()) == []
        _turn_the_clock_back()


def _turn_the_clock_back() -> None:
    """The clock is no model, so that Django does not empty its table after a test."""
    from django.db import connection  # noqa: PLC0415

    if not connection.needs_rollback:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM ledger_clock")
