"""The sandbox routes: a marketplace plays its own people, and nobody else's."""

from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from integrations.marketplaces import keys, tenants
from integrations.marketplaces.models import ApiKey
from integrations.providers import directory
from integrations.simulators.airtm import payins, payouts
from integrations.simulators.models import AirtmEnterprise, AirtmPayin, AirtmPayout, AirtmPerson
from tests.integrations.simulators.airtm.conftest import enterprise  # noqa: F401 – a fixture

pytestmark = pytest.mark.django_db


def marketplace(name: str, *, api_key: str, mode: str = "test") -> APIClient:
    """A client with a key of a new marketplace, whose Airtm account has this api key."""
    made = tenants.open_marketplace(name=name, mode=mode)
    credentials = {"api_key": api_key, "api_secret": "secret", "webhook_secrets": []}
    directory.open_account(made.book_id, "airtm", credentials)
    _, token = keys.create(made, name="tests")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def bazaar(enterprise: AirtmEnterprise) -> APIClient:  # noqa: F811
    return marketplace("Bazaar", api_key="bazaar")


@pytest.fixture
def topup(bazaar: APIClient) -> AirtmPayin:
    body = {
        "code": "topup_1",
        "amount": Decimal(50),
        "description": "Top-up",
        "items": [],
        "confirmationUri": "https://shop.example/ok",
        "cancelUri": "https://shop.example/no",
    }
    return payins.create(AirtmEnterprise.objects.get(), body=body)


@pytest.fixture
def withdrawal(bazaar: APIClient) -> AirtmPayout:
    body = {
        "airtmUserEmail": "slow@example.com",
        "amount": Decimal("94.70"),
        "notes": "Earnings",
        "commit": True,
        "code": "wd_1",
        "enterpriseFee": Decimal(0),
        "internalNote": "",
        "requireIdVerified": False,
    }
    return payouts.create(AirtmEnterprise.objects.get(), body=body)


def play(client: APIClient, route: str, body: dict | None = None, **headers: str):
    return client.post(f"/api/v1/sandbox/{route}", body or {}, format="json", headers=headers)


def test_a_topup_is_confirmed_by_ada(bazaar, topup):
    answer = play(bazaar, "topups/topup_1/confirm")
    assert (answer.status_code, answer.json()) == (200, {"id": "topup_1", "status": "CONFIRMED"})
    topup.refresh_from_db()
    assert topup.payer == AirtmPerson.objects.get(email="ada@example.com")


def test_a_topup_is_confirmed_by_somebody_else(bazaar, topup):
    play(bazaar, "topups/topup_1/confirm", {"email": "cleo@example.com"})
    topup.refresh_from_db()
    assert topup.payer.email == "cleo@example.com"


def test_a_topup_is_declined(bazaar, topup):
    assert play(bazaar, "topups/topup_1/decline").json()["status"] == "CANCELED"


@pytest.mark.parametrize(("act", "status"), [("complete", "COMPLETED"), ("fail", "FAILED")])
def test_a_withdrawal_ends_as_told(bazaar, withdrawal, act, status):
    assert play(bazaar, f"withdrawals/wd_1/{act}").json()["status"] == status


def test_what_has_ended_is_a_conflict(bazaar, topup):
    play(bazaar, "topups/topup_1/decline")
    answer = play(bazaar, "topups/topup_1/confirm")
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "INVALID_STATE"
    assert answer.json()["error"]["details"]["current_status"] == "CANCELED"


def test_the_same_request_under_the_same_key_is_played_once(bazaar, topup):
    first = play(bazaar, "topups/topup_1/confirm", **{"Idempotency-Key": "a"})
    again = play(bazaar, "topups/topup_1/confirm", **{"Idempotency-Key": "a"})
    assert first.json() == again.json()
    assert again["Idempotency-Replay"] == "true"


def test_an_unknown_field_is_refused(bazaar, topup, withdrawal):
    assert play(bazaar, "topups/topup_1/confirm", {"payer": "x"}).status_code == 400
    assert play(bazaar, "withdrawals/wd_1/fail", {"reason": "x"}).status_code == 400


ROUTES = [
    "topups/topup_1/confirm",
    "topups/topup_1/decline",
    "withdrawals/wd_1/complete",
    "withdrawals/wd_1/fail",
]


@pytest.mark.parametrize("route", ROUTES)
def test_another_marketplaces_ids_are_not_there(topup, withdrawal, route):
    AirtmEnterprise.objects.create(name="Stranger", api_key="stranger", api_secret="secret")
    assert play(marketplace("Stranger", api_key="stranger"), route).status_code == 404
    topup.refresh_from_db()
    withdrawal.refresh_from_db()
    assert (topup.status, withdrawal.status) == ("CREATED", "COMMITTED")


@pytest.mark.parametrize("route", ROUTES)
def test_nobody_comes_in_without_a_key(topup, withdrawal, route):
    assert play(APIClient(), route).status_code == 401


@pytest.mark.parametrize("route", ROUTES)
def test_a_live_key_does_not_see_them(topup, withdrawal, route):
    client = marketplace("Live", api_key="bazaar", mode="live")
    assert ApiKey.objects.filter(mode="live").exists()
    assert play(client, route).status_code == 404
