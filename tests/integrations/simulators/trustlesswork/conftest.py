"""The pretended Trustless Work, and a fresh deal on it."""

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.integrations.simulators.stellar.chain import Client
from tests.integrations.simulators.trustlesswork.escrows import Api, Deal, api_of


@pytest.fixture
def api(live_server: LiveServer) -> Api:
    return api_of(live_server.url)


@pytest.fixture
def deal(api: Api, chain: Client) -> Deal:
    return Deal(api, chain)
