"""A client of the pretended network, over HTTP."""

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.integrations.simulators.stellar.chain import Client, client_of


@pytest.fixture
def chain(live_server: LiveServer) -> Client:
    return client_of(live_server.url)
