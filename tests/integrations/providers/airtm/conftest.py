"""The adapters against the simulated Airtm, over real HTTP."""

from decimal import Decimal

import pytest

from integrations.providers.airtm.adapter import AirtmPayins, AirtmPayouts
from integrations.simulators.airtm import enterprises, people
from integrations.simulators.models import AirtmEnterprise

API_KEY, API_SECRET = "bazaar-key-of-airtm", "bazaar-secret-of-airtm"


@pytest.fixture
def enterprise(db: None) -> AirtmEnterprise:
    people.seed()
    return enterprises.open_account(
        name="Bazaar", api_key=API_KEY, api_secret=API_SECRET, available=Decimal(1000)
    )


@pytest.fixture
def arguments(live_server, enterprise) -> dict[str, str]:
    return {
        "base_url": f"{live_server.url}/simulators/airtm/v2",
        "api_key": API_KEY,
        "api_secret": API_SECRET,
        "payin_url_template": "https://pay.example/payin/{id}",
        "trail": "topup_1",
    }


@pytest.fixture
def payins(arguments) -> AirtmPayins:
    return AirtmPayins(**arguments)


@pytest.fixture
def payouts(arguments) -> AirtmPayouts:
    return AirtmPayouts(**arguments)
