"""What every test shares: the cast, and books that must balance whatever a test did."""

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from django.core.servers.basehttp import WSGIServer

from tests import emptying

emptying.instead_of_truncate()

# A good hash takes a third of a second of every test that logs in or seeds.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# What races send at once must be able to queue, as it can before the real server.
WSGIServer.request_queue_size = 128

# How long an example takes, or is thought out, says something about the machine alone.
_UNHURRIED = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("unhurried", **_UNHURRIED)
hypothesis.settings.load_profile("unhurried")

pytest_plugins = ["tests.cast", "tests.shop", "tests.harbour", "tests.airtm", "tests.granian"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Content types are in memory, as in every process that has answered once.

    Else whichever test comes first would count one query more than the same test elsewhere.
    """
    from django.contrib.contenttypes.models import ContentType  # noqa: PLC0415 – no apps before

    with django_db_blocker.unblock():
        ContentType.objects.get_for_models(*apps.get_models())


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
