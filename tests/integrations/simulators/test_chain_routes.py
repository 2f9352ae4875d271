"""The sandbox's routes about the chain, the clock and the faults; and the panel's buttons."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from integrations.marketplaces.models import Marketplace
from integrations.providers.models import Wallet
from integrations.simulators import switches
from integrations.simulators.airtm import people
from integrations.simulators.models import Fault, StellarOperation, StellarTrustline
from integrations.simulators.stellar import genesis
from ledger import clock
from tests.integrations.simulators.stellar.chain import UNIT, wallet
from tests.integrations.simulators.test_sandbox import marketplace, play

pytestmark = pytest.mark.django_db


@pytest.fixture
def bazaar() -> APIClient:
    return marketplace("Bazaar", api_key="bazaar")


@pytest.fixture
def ada(bazaar: APIClient) -> Wallet:
    genesis.begin()
    return Wallet.across_books.create(
        book_id=Marketplace.objects.get(name="Bazaar").book_id,
        holder="usr_ada",
        address=wallet().public_key,
        sealed_key=b"\1\1k",
        created_at=clock.now(),
        status_since=clock.now(),
        status=Wallet.Status.READY,
    )


def usdc(address: str) -> int:
    lines = StellarTrustline.objects.filter(account_id=address)
    return lines.get(asset_issuer=genesis.ISSUER.public_key).balance


class TestDeposits:
    BODY = {"user_id": "usr_ada", "amount": "0.0000001"}

    @pytest.mark.parametrize("way", ["payment", "path", "contract"])
    def test_a_stranger_pays_a_user_to_the_last_stroop(self, bazaar, ada, way):
        answer = play(bazaar, "deposits", {**self.BODY, "way": way})
        assert answer.status_code == 201, answer.json()
        assert answer.json()["address"] == ada.address
        assert usdc(ada.address) == 1
        payment = StellarOperation.objects.get(is_payment=True)
        assert payment.transaction.hash == answer.json()["transaction_hash"]

    def test_the_same_key_pays_once(self, bazaar, ada):
        for _ in range(2):
            play(bazaar, "deposits", self.BODY, **{"Idempotency-Key": "a"})
        assert usdc(ada.address) == 1

    def test_who_has_no_wallet_here_gets_nothing(self, bazaar, ada):
        for client, user in (
            (bazaar, "usr_ben"),
            (marketplace("Stranger", api_key="other"), "usr_ada"),
        ):
            answer = play(client, "deposits", {"user_id": user, "amount": "1"})
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "WALLET_NOT_FOUND")

    def test_a_wallet_that_is_being_created_is_a_conflict(self, bazaar, ada):
        Wallet.across_books.filter(pk=ada.pk).update(status=Wallet.Status.CREATING)
        answer = play(bazaar, "deposits", self.BODY)
        assert answer.status_code == 409
        assert answer.json()["error"]["details"]["current_status"] == "CREATING"

    def test_what_the_chain_refuses_is_a_conflict(self, bazaar, ada):
        answer = play(bazaar, "deposits", {**self.BODY, "amount": "922337203685.4775807"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "INVALID_STATE")

    @pytest.mark.parametrize("amount", ["0.00000001", "0", "-1", "1e3", 1, None, "x"])
    def test_amounts_are_exact(self, bazaar, ada, amount):
        assert play(bazaar, "deposits", {**self.BODY, "amount": amount}).status_code == 400


class TestTheClock:
    def test_it_is_advanced_for_everybody(self, bazaar):
        before = clock.now()
        answer = play(bazaar, "clock/advance", {"seconds": 3600})
        assert answer.status_code == 200
        assert answer.json()["now"].endswith("Z")
        assert (clock.now() - before).total_seconds() >= 3600

    @pytest.mark.parametrize(
        "seconds", [-1, 0, 1.5, "60", True, None, 366 * 86_400 + 1, 10**30, [], {}]
    )
    def test_it_takes_whole_seconds_within_bounds(self, bazaar, seconds):
        before = clock.now()
        assert play(bazaar, "clock/advance", {"seconds": seconds}).status_code == 400
        assert (clock.now() - before).total_seconds() < 60


class TestFaults:
    def switch(self, client: APIClient, **changed: Any) -> Any:
        body = {"provider": "stellar", "fault": "lagging_ingestion", "times": 2, **changed}
        return play(client, "faults", body)

    def test_they_are_switched_on_shown_and_switched_off(self, bazaar):
        on = {
            "provider": "stellar", "fault": "lagging_ingestion", "times": 2,
            "options": {"seconds": 9},
        }  # fmt: skip
        assert self.switch(bazaar, options={"seconds": 9}).json()["on"] == [on]
        shown = bazaar.get("/api/v1/sandbox/faults").json()
        assert shown["on"] == [on]
        known = {each["fault"] for each in shown["known"] if each["provider"] == "stellar"}
        assert known == set(switches.KNOWN["stellar"])
        assert self.switch(bazaar, times=0).json()["on"] == []

    def test_an_unknown_one_is_told_which_there_are(self, bazaar):
        answer = self.switch(bazaar, fault="earthquake")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "UNKNOWN_FAULT")
        assert "timeout_after_applying" in answer.json()["error"]["details"]["known"]
        assert not Fault.objects.exists()

    @pytest.mark.parametrize(
        "changed",
        [
            {"provider": "swift"},
            {"times": -1},
            {"times": 1001},
            {"times": "1"},
            {"options": {"minutes": 1}},
            {"options": {"seconds": -1}},
            {"options": {"seconds": "9"}},
            {"options": []},
            {"more": 1},
        ],
    )
    def test_anything_else_is_refused(self, bazaar, changed):
        assert self.switch(bazaar, **changed).status_code == 400
        assert not Fault.objects.exists()


@pytest.mark.parametrize("route", ["deposits", "clock/advance", "faults"])
def test_live_keys_and_nobody_do_not_see_them(route):
    assert play(APIClient(), route).status_code == 401
    live = marketplace("Live", api_key="live", mode="live")
    assert play(live, route, {"seconds": 1}).status_code == 404


class TestThePanel:
    def test_it_shows_the_chain_and_plays_on_it(self, ada):
        people.seed()
        browser = Client()
        for way in ("payment", "path", "contract", "wrong-issuer", "foreign", "merge", "claimable"):
            done = browser.post(
                "/simulators/chain", {"way": way, "address": ada.address, "amount": "5"}
            )
            assert "Refused" not in done["Location"], way
        browser.post(
            "/simulators/chain", {"way": "clawback", "address": ada.address, "amount": "1"}
        )
        assert usdc(ada.address) == 14 * UNIT
        browser.post("/simulators/faults", {"fault": "stellar/fee_surge", "times": "1"})
        page = browser.get("/simulators/").content.decode()
        assert ada.address in page
        assert "stellar: fee_surge" in page
        assert "14.0000000 USDC" in page

    @pytest.mark.parametrize(
        ("path", "form"),
        [
            ("chain", {"way": "steal", "address": "x", "amount": "1"}),
            ("chain", {"way": "payment", "address": "x", "amount": "1"}),
            ("chain", {"way": "payment", "address": genesis.STRANGER.public_key, "amount": "1e9"}),
            ("faults", {"fault": "stellar/earthquake", "times": "1"}),
            ("faults", {"fault": "swift/late", "times": "1"}),
            ("faults", {"fault": "stellar/fee_surge", "times": "-1"}),
            ("clock", {"seconds": "-1"}),
            ("clock", {"seconds": "9" * 30}),
        ],
    )
    def test_it_says_what_it_refuses(self, path, form):
        genesis.begin()
        assert "Refused" in Client().post(f"/simulators/{path}", form)["Location"]
        assert not Fault.objects.exists()
