"""The simulated Airtm, asked over HTTP as a stranger would ask it."""

import base64
import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from integrations.simulators.airtm import enterprises, people
from integrations.simulators.models import AirtmEnterprise

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Caller:
    """Asks with the credentials of one enterprise."""

    def __init__(self, api_key: str, api_secret: str) -> None:
        credentials = base64.b64encode(f"{api_key}:{api_secret}".encode()).decode()
        self.client = Client(headers={"Authorization": f"Basic {credentials}"})

    def ask(self, method: str, path: str, body: Any = None, *, raw: str | None = None):
        """The answer to one request below `/v2`, with its JSON as `answer.body`."""
        content = raw if raw is not None else json.dumps(body) if body is not None else ""
        answer = self.client.generic(
            method, f"/simulators/airtm/v2{path}", content, content_type="application/json"
        )
        answer.body = json.loads(answer.content, parse_float=Decimal) if answer.content else None
        return answer


def payin(**changes: Any) -> dict[str, Any]:
    body = {
        "code": "topup_1",
        "amount": 50,
        "description": "Wallet top-up",
        "items": [{"description": "Top-up", "amount": 25, "quantity": 2}],
        "confirmationUri": "https://shop.example/ok?shop=1",
        "cancelUri": "https://shop.example/no",
    }
    return {name: value for name, value in (body | changes).items() if value is not ...}


def payout(**changes: Any) -> dict[str, Any]:
    body = {
        "airtmUserEmail": "ben@example.com",
        "amount": 94.7,
        "notes": "Earnings",
        "code": "wd_1",
    }
    return {name: value for name, value in (body | changes).items() if value is not ...}


@pytest.fixture
def enterprise(db: None) -> AirtmEnterprise:
    people.seed()
    return enterprises.open_account(
        name="Bazaar",
        api_key="bazaar",
        api_secret="secret",
        available=Decimal(1000),
        webhook_url="http://127.0.0.1:9/nobody",
        webhook_secret=SECRET,
    )


@pytest.fixture
def bazaar(enterprise: AirtmEnterprise) -> Caller:
    return Caller("bazaar", "secret")


@pytest.fixture
def stranger(enterprise: AirtmEnterprise) -> Caller:
    enterprises.open_account(name="Stranger", api_key="stranger", api_secret="other")
    return Caller("stranger", "other")
