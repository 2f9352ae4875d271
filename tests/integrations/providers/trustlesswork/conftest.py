"""A scripted Trustless Work, and a marketplace with all parties before the simulated one."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from integrations.providers.trustlesswork.adapter import TrustlessWork
from tests.indoors import without_sockets
from tests.integrations.providers.stub import Stub, running
from tests.integrations.providers.trustlesswork.parties import Parties, gather


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running() as stub:
        yield stub


@pytest.fixture
def escrows(stub: Stub) -> TrustlessWork:
    return TrustlessWork(base_url=stub.url, api_key="id.a-secret-of-ours")


@pytest.fixture
def parties(db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Parties:
    without_sockets(monkeypatch)
    settings.ROOT_URLCONF = "integrations.simulators.urls"
    settings.STELLAR_HORIZON_URL = "http://indoors/stellar"
    settings.TRUSTLESS_WORK_BASE_URL = "http://indoors/trustlesswork"
    return gather()
