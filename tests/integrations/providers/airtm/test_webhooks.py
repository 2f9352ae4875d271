"""The inbox: Svix signatures made by Svix's own library, and everything that is not one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests
from django.db import connections, transaction
from django.test import Client

from integrations.providers import directory
from integrations.providers.airtm import signature
from integrations.providers.models import Inbound, ProviderAccount
from integrations.simulators.airtm import enterprises, messages
from integrations.simulators.models import AirtmMessage
from tests.integrations.providers.airtm.signing import (
    FOREIGN_SECRET,
    NEXT_SECRET,
    SECRET,
    open_account,
    post,
    signed,
)
from tests.patience import PATIENCE

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(db) -> ProviderAccount:
    return open_account("Bazaar", [SECRET])


def verdicts() -> list[str]:
    return sorted(Inbound.objects.values_list("verdict", flat=True))


class TestGenuine:
    @pytest.mark.parametrize("family", ["svix", "webhook"])
    def test_a_signed_message_is_stored_raw_and_answered(self, account, family):
        arguments = signed(family=family)
        assert post(account, **arguments).status_code == 204
        stored = Inbound.objects.get()
        assert bytes(stored.body) == arguments["data"].encode()
        assert (stored.verdict, stored.message_id, stored.attempts) == ("VALID", "msg_1", 0)
        assert f"{family}-signature" in stored.headers

    def test_only_the_headers_of_the_signature_are_kept(self, account):
        arguments = signed()
        arguments["headers"]["authorization"] = "Bearer something"
        post(account, **arguments)
        assert "authorization" not in Inbound.objects.get().headers

    def test_a_second_delivery_with_a_new_signature_is_answered_and_counts_for_nothing(
        self, account
    ):
        for minutes in (0, 2):
            at = datetime.now(UTC) - timedelta(minutes=minutes)
            assert post(account, **signed(at=at)).status_code == 204
        assert verdicts() == ["VALID"]

    def test_the_same_message_thirty_times_at_once_is_one(self, account, live_server):
        address, arguments = f"{live_server.url}/api/v1/webhooks/airtm/{account.pk}", signed()

        def send(_: int) -> int:
            status = requests.post(address, timeout=PATIENCE, **arguments).status_code
            connections.close_all()
            return status

        with ThreadPoolExecutor(8) as threads:
            assert set(threads.map(send, range(30))) == {204}
        assert verdicts() == ["VALID"]

    def test_both_secrets_count_while_one_replaces_the_other(self, account):
        directory.open_account(
            account.book_id,
            "airtm",
            {"api_key": "k", "api_secret": "s", "webhook_secrets": [NEXT_SECRET, SECRET]},
        )
        assert post(account, **signed(id="msg_old")).status_code == 204
        assert post(account, **signed(id="msg_new", secret=NEXT_SECRET)).status_code == 204
        both = signed(id="msg_both", secret=FOREIGN_SECRET)
        right = signed(id="msg_both")["headers"]["svix-signature"]
        both["headers"]["svix-signature"] += f" v1a,AAAA v2,xx {right}"
        assert post(account, **both).status_code == 204

    def test_two_accounts_may_use_the_same_message_id(self, account):
        other = open_account("Stranger", [NEXT_SECRET])
        assert post(account, **signed()).status_code == 204
        assert post(other, **signed(secret=NEXT_SECRET)).status_code == 204
        assert verdicts() == ["VALID", "VALID"]

    @pytest.mark.parametrize("seconds", [-290, 290])
    def test_clocks_may_differ_by_minutes(self, account, seconds):
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        assert post(account, **signed(at=at)).status_code == 204


class TestForged:
    def refuse(self, account, arguments) -> None:
        response = post(account, **arguments)
        assert response.status_code == 401
        error = response.json()["error"]
        assert error["code"] == "WEBHOOK_SIGNATURE_INVALID"
        assert set(error) == {"code", "message", "details", "request_id"}
        assert "VALID" not in verdicts()

    def test_another_secret(self, account):
        self.refuse(account, signed(secret=FOREIGN_SECRET))
        assert verdicts() == ["FORGED"]

    def test_another_accounts_secret(self, account):
        other = open_account("Stranger", [NEXT_SECRET])
        self.refuse(other, signed())

    def test_a_changed_byte(self, account):
        arguments = signed()
        arguments["data"] = arguments["data"].replace("topup_1", "topup_2")
        self.refuse(account, arguments)

    def test_the_same_json_written_otherwise(self, account):
        arguments = signed()
        arguments["data"] = arguments["data"].replace(": ", ":")
        self.refuse(account, arguments)

    @pytest.mark.parametrize("name", ["svix-id", "svix-timestamp", "svix-signature"])
    def test_a_missing_header(self, account, name):
        arguments = signed()
        del arguments["headers"][name]
        self.refuse(account, arguments)

    @pytest.mark.parametrize("name", ["svix-id", "svix-timestamp"])
    def test_a_changed_header(self, account, name):
        arguments = signed()
        arguments["headers"][name] += "1"
        self.refuse(account, arguments)

    @pytest.mark.parametrize("seconds", [-301, 310])
    def test_a_stale_or_future_timestamp(self, account, seconds):
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        self.refuse(account, signed(at=at))

    @pytest.mark.parametrize(
        "value", ["", "v1,", "v1", "v1a,AAAA", "v1,ü", "v2,x", ", ,", "v1,=" * 500]
    )
    def test_a_signature_that_is_none(self, account, value):
        arguments = signed()
        arguments["headers"]["svix-signature"] = value
        self.refuse(account, arguments)

    def test_an_id_beyond_all_length(self, account):
        self.refuse(account, signed(id="msg_" + "x" * 300))

    @pytest.mark.parametrize("secrets", [[], [""], ["whsec_"], ["whsec_AAAA"], ["not base64 %"]])
    def test_an_account_without_a_real_secret_believes_nobody(self, account, secrets):
        directory.open_account(
            account.book_id,
            "airtm",
            {"api_key": "k", "api_secret": "s", "webhook_secrets": secrets},
        )
        arguments = signed()
        empty_key = signature.base64.b64encode(
            signature.hmac.digest(
                b"",
                "msg_1.{svix-timestamp}.".format(**arguments["headers"]).encode()
                + arguments["data"].encode(),
                "sha256",
            )
        ).decode()
        arguments["headers"]["svix-signature"] += f" v1,{empty_key}"
        self.refuse(account, arguments)

    def test_an_unknown_account_learns_nothing_else(self, account):
        response = Client().post(
            "/api/v1/webhooks/airtm/pac_0", content_type="application/json", **signed()
        )
        assert response.status_code == 401
        assert not Inbound.objects.exists()

    def test_it_does_not_stand_in_the_way_of_the_genuine_one(self, account):
        for _ in range(2):
            self.refuse(account, signed(secret=FOREIGN_SECRET))
        assert post(account, **signed()).status_code == 204
        assert verdicts() == ["FORGED", "FORGED", "VALID"]

    @pytest.mark.parametrize("size", [300_000, 2_000_000])
    def test_a_body_beyond_all_size(self, account, size):
        response = post(account, **signed(message={"type": "x" * size}))
        assert response.status_code == 413
        assert response.json()["error"]["code"] == "BODY_TOO_LARGE"
        assert not Inbound.objects.exists()

    @pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
    def test_anything_but_a_post(self, account, method):
        response = getattr(Client(), method)(f"/api/v1/webhooks/airtm/{account.pk}")
        assert (response.status_code, response["Allow"]) == (405, "POST")
        if method != "head":
            assert response.json()["error"]["code"] == "METHOD_NOT_ALLOWED"

    @pytest.mark.parametrize("odd", ["%00", "pac_%00", "x" * 300, "%F0%9F%92%B0", "'--"])
    def test_an_account_that_no_id_can_name(self, db, odd):
        response = Client(raise_request_exception=False).post(
            f"/api/v1/webhooks/airtm/{odd}", content_type="application/json", **signed()
        )
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "WEBHOOK_SIGNATURE_INVALID"


def test_the_published_vector_of_svix_is_verified():
    headers = {
        "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "svix-timestamp": "1614265330",
        "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    at = datetime.fromtimestamp(1614265330, UTC)
    body = b'{"test": 2432232314}'
    assert signature.verify(body, headers=headers, secrets=[SECRET], at=at) == headers["svix-id"]


@pytest.mark.django_db(transaction=True)
def test_the_simulators_own_messages_are_believed(account, live_server):
    """Signed there by `standardwebhooks`, sent over HTTP, verified here."""
    enterprise = enterprises.open_account(
        name="Bazaar",
        api_key="k",
        api_secret="s",
        webhook_url=f"{live_server.url}/api/v1/webhooks/airtm/{account.pk}",
        webhook_secret=SECRET,
    )
    body = {"type": "payin.created", "data": {"code": "topup_1"}}
    with transaction.atomic():
        messages.queue(enterprise, type="payin.created", body=body)
    messages.deliver_due()
    assert verdicts() == ["VALID"]
    assert AirtmMessage.objects.get().delivered_at is not None
