"""One house for all the tests of this folder: each starts from it and is rolled back.

The fixture must stand here: a package is the scope only of what its own conftest defines.
"""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from tests.backoffice.browser import browser
from tests.backoffice.reading import otto, root
from tests.house import House, furnished
from tests.seeding import Beginnings

__all__ = ["browser", "otto", "root"]


@pytest.fixture(scope="package")
def house(
    web: LiveServer,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    beginnings: Beginnings,
) -> Iterator[House]:
    try:
        with django_db_blocker.unblock():
            house = furnished(beginnings)
        yield house
    finally:
        with django_db_blocker.unblock():
            call_command("flush", interactive=False, verbosity=0)
