"""The simulated Airtm refuses what Airtm refuses, and keeps its money together."""

from decimal import Decimal

import pytest
from django.test import Client

from integrations.simulators.models import AirtmPayin, AirtmPayout
from tests.integrations.simulators.airtm.conftest import Caller, payin, payout

pytestmark = pytest.mark.django_db


def refused(answer, code: str, status: int = 400) -> bool:
    return (answer.status_code, answer.body["code"]) == (status, code)


class TestCredentials:
    @pytest.mark.parametrize(
        "caller", [Caller("bazaar", "wrong"), Caller("nobody", "secret"), Caller("", "")]
    )
    def test_others_are_not_let_in(self, enterprise, caller):
        assert refused(caller.ask("GET", "/me"), "415904", 401)

    @pytest.mark.parametrize("header", ["", "Bearer x", "Basic %%%", "Basic bm9jb2xvbg=="])
    def test_a_header_that_is_none_is_refused(self, enterprise, header):
        answer = Client(headers={"Authorization": header}).get("/simulators/airtm/v2/me")
        assert answer.status_code == 401

    def test_enterprises_do_not_see_each_other(self, bazaar, stranger):
        paid = bazaar.ask("POST", "/payouts", payout()).body["id"]
        asked = bazaar.ask("POST", "/payins", payin()).body["id"]
        for method, path in [
            ("GET", f"/payouts/{paid}"),
            ("GET", f"/payouts/{paid}/events"),
            ("POST", f"/payouts/{paid}/commit"),
            ("DELETE", f"/payouts/{paid}"),
            ("GET", "/payouts/by-code/wd_1"),
        ]:
            assert refused(stranger.ask(method, path), "415005", 404)
        for method, path in [
            ("GET", f"/payins/{asked}"),
            ("DELETE", f"/payins/{asked}"),
            ("GET", "/payins/by-code/topup_1"),
        ]:
            assert refused(stranger.ask(method, path), "415031", 404)
        assert stranger.ask("GET", "/payouts").body["items"] == []
        assert stranger.ask("POST", "/payouts", payout()).status_code == 200


class TestStrictBodies:
    @pytest.mark.parametrize(
        "change",
        [
            {"currency": "USD"},
            {"code": ...},
            {"code": 7},
            {"amount": "50"},
            {"amount": 0},
            {"amount": True},
            {"amount": 50.001},
            {"amount": 51},
            {"description": "x" * 251},
            {"items": []},
            {"items": [{"description": "x", "amount": 50}]},
            {"items": [{"description": "x", "amount": 50, "quantity": 1, "sku": "y"}]},
            {"items": "x"},
            {"confirmationUri": "javascript:alert(1)"},
            {"cancelUri": ...},
        ],
    )
    def test_a_payin_takes_its_fields_and_no_others(self, bazaar, change):
        assert refused(bazaar.ask("POST", "/payins", payin(**change)), "415901")
        assert not AirtmPayin.objects.exists()

    @pytest.mark.parametrize(
        "change",
        [
            {"destinationType": "bank"},
            {"airtmUserEmail": "nobody"},
            {"airtmUserEmail": ...},
            {"notes": ...},
            {"amount": -1},
            {"commit": "true"},
            {"enterpriseFee": -1},
        ],
    )
    def test_a_payout_takes_its_fields_and_no_others(self, bazaar, change):
        assert refused(bazaar.ask("POST", "/payouts", payout(**change)), "415901")
        assert not AirtmPayout.objects.exists()

    @pytest.mark.parametrize("raw", ["", "{", "[]", "null", '"x"', '{"amount": NaN}'])
    def test_what_is_no_object_is_refused(self, bazaar, raw):
        assert refused(bazaar.ask("POST", "/payouts", raw=raw), "415901")

    @pytest.mark.parametrize(
        "query", ["perPage=9", "perPage=1001", "perPage=x", "status=PAID", "after=%25", "before=zz"]
    )
    def test_a_query_that_is_none_is_refused(self, bazaar, query):
        assert refused(bazaar.ask("GET", f"/payouts?{query}"), "415901")

    @pytest.mark.parametrize("path", ["/payouts/x", "/payins/x", "/payouts/x/commit"])
    def test_an_id_that_is_none_is_not_found(self, bazaar, path):
        answer = bazaar.ask("POST" if path.endswith("commit") else "GET", path)
        assert refused(answer, "415902", 404)


class TestPayouts:
    def balance(self, caller) -> tuple[Decimal, Decimal]:
        body = caller.ask("GET", "/me/balance").body
        return Decimal(body["available"]), Decimal(body["pending"])

    def test_fees_are_told_apart(self, bazaar, enterprise):
        enterprise.fee_flat = Decimal("0.50")
        enterprise.save()
        shown = bazaar.ask("POST", "/payouts", payout(amount=10, enterpriseFee=0.5)).body
        assert [shown[name] for name in ("grossAmount", "amount", "netAmount", "airtmFee")] == [
            Decimal(10),
            Decimal("9.5"),
            Decimal("9"),
            Decimal("0.5"),
        ]

    def test_create_and_commit_may_be_one_call(self, bazaar):
        assert bazaar.ask("POST", "/payouts", payout(commit=True)).body["status"] == "COMPLETED"
        assert self.balance(bazaar) == (Decimal("905.30"), 0)

    def test_its_steps_are_told(self, bazaar):
        body = payout(airtmUserEmail="nobody@example.com", commit=True)
        paid = bazaar.ask("POST", "/payouts", body).body
        steps = bazaar.ask("GET", f"/payouts/{paid['id']}/events").body
        assert [step["newStatus"] for step in steps] == ["COMMITTED", "PENDING"]
        assert self.balance(bazaar) == (Decimal("905.30"), Decimal("94.70"))

    def test_a_code_is_taken_once(self, bazaar):
        bazaar.ask("POST", "/payouts", payout())
        assert refused(bazaar.ask("POST", "/payouts", payout(amount=1)), "415056")

    def test_a_payout_may_have_no_code(self, bazaar):
        for _ in range(2):
            assert "code" not in bazaar.ask("POST", "/payouts", payout(code=...)).body

    def test_it_pays_no_more_than_there_is(self, bazaar):
        assert refused(bazaar.ask("POST", "/payouts", payout(amount=1001, commit=True)), "415016")
        assert not AirtmPayout.objects.exists()

    def test_lists_are_paged_newest_first(self, bazaar):
        for number in range(23):
            bazaar.ask("POST", "/payouts", payout(code=f"wd_{number}"))
        first = bazaar.ask("GET", "/payouts?perPage=10").body
        second = bazaar.ask("GET", f"/payouts?perPage=10&after={first['endCursor']}").body
        back = bazaar.ask("GET", f"/payouts?perPage=10&before={second['startCursor']}").body
        assert [item["code"] for item in first["items"]] == [f"wd_{n}" for n in range(22, 12, -1)]
        assert second["items"][0]["code"] == "wd_12"
        assert back == first


class TestPayins:
    def test_a_code_is_taken_once(self, bazaar):
        bazaar.ask("POST", "/payins", payin())
        assert refused(bazaar.ask("POST", "/payins", payin()), "415029")

    def test_a_canceled_payin_stays_canceled(self, bazaar):
        asked = bazaar.ask("POST", "/payins", payin()).body
        assert bazaar.ask("DELETE", f"/payins/{asked['id']}").body["status"] == "CANCELED"
        assert refused(bazaar.ask("DELETE", f"/payins/{asked['id']}"), "415030")


class TestHostedPage:
    @pytest.fixture
    def address(self, bazaar) -> str:
        asked = bazaar.ask("POST", "/payins", payin()).body
        return f"/simulators/airtm/payin/{asked['id']}"

    def test_it_asks_for_the_payer(self, address):
        page = Client().get(address).content.decode()
        assert "50.00 USD" in page
        assert "ada@example.com" in page

    def test_confirming_pays_and_returns_to_the_shop_with_the_code(self, address, bazaar):
        answer = Client().post(address, {"act": "confirm", "payer": "ada@example.com"})
        assert answer["Location"] == "https://shop.example/ok?shop=1&code=topup_1"
        shown = bazaar.ask("GET", "/payins/by-code/topup_1").body
        assert (shown["status"], shown["airtmUserEmail"]) == ("CONFIRMED", "ada@example.com")
        assert bazaar.ask("GET", "/me/balance").body["available"] == 1050

    def test_canceling_returns_to_the_other_address(self, address, bazaar):
        answer = Client().post(address, {"act": "cancel"})
        assert answer["Location"] == "https://shop.example/no?code=topup_1"

    def test_it_works_once(self, address, bazaar):
        Client().post(address, {"act": "confirm", "payer": "ada@example.com"})
        again = Client().post(address, {"act": "confirm", "payer": "ben@example.com"})
        assert again.status_code == 400
        assert "415032" in again.content.decode()
        assert bazaar.ask("GET", "/me/balance").body["available"] == 1050

    @pytest.mark.parametrize(
        ("payer", "code"),
        [
            ("american@example.com", "415053"),
            ("unverified@example.com", "415030"),
            ("nobody@example.com", "415059"),
        ],
    )
    def test_not_everybody_may_pay(self, address, payer, code):
        answer = Client().post(address, {"act": "confirm", "payer": payer})
        assert code in answer.content.decode()

    def test_it_is_protected_against_forged_forms(self, address):
        browser = Client(enforce_csrf_checks=True)
        assert browser.post(address, {"act": "cancel"}).status_code == 403


class TestPanel:
    def test_it_shows_what_is_open_and_plays_the_people(self, bazaar):
        asked = bazaar.ask("POST", "/payins", payin()).body
        slow = payout(airtmUserEmail="slow@example.com", commit=True)
        paid = bazaar.ask("POST", "/payouts", slow).body
        page = Client().get("/simulators/").content.decode()
        assert "topup_1" in page
        assert "wd_1" in page
        for act, subject, more in [
            ("confirm-payin", asked, {"payer": "ada@example.com"}),
            ("complete-payout", paid, {}),
        ]:
            answer = Client().post(f"/simulators/act/{act}/{subject['id']}", more)
            assert answer["Location"].startswith("/simulators/?notice=Done")
        assert AirtmPayin.objects.get().status == "CONFIRMED"
        assert AirtmPayout.objects.get().status == "COMPLETED"

    def test_a_refusal_is_shown(self, bazaar):
        paid = bazaar.ask("POST", "/payouts", payout()).body
        answer = Client().post(f"/simulators/act/fail-payout/{paid['id']}", follow=True)
        assert "415903" in answer.content.decode()

    def test_there_are_no_other_buttons(self, enterprise):
        assert Client().post(f"/simulators/act/drop/{enterprise.id}").status_code == 400
