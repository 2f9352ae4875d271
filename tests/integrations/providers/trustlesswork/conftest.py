"""A marketplace with a treasury, a resolver, Ada and Ben, in front of the simulated providers."""

from typing import Any

import pytest
from django.conf import LazySettings

from tests.integrations.providers.trustlesswork.parties import Parties, gather


@pytest.fixture
def parties(transactional_db: None, live_server: Any, settings: LazySettings) -> Parties:
    settings.ROOT_URLCONF = "integrations.simulators.urls"
    settings.STELLAR_HORIZON_URL = f"{live_server.url}/stellar"
    settings.TRUSTLESS_WORK_BASE_URL = f"{live_server.url}/trustlesswork"
    return gather()
