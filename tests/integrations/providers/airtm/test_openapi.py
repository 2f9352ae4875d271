"""Our requests and the simulator's answers, held against the provider's own OpenAPI document."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from integrations.providers.airtm.adapter import AirtmPayins, AirtmPayouts
from integrations.simulators.airtm import deposits as simulated_deposits
from integrations.simulators.airtm import payins as simulated_payins
from integrations.simulators.airtm import payouts as simulated_payouts
from integrations.simulators.airtm.refusals import REASONS, AirtmRefusal
from integrations.simulators.models import AirtmMessage, AirtmPayin, AirtmPayout
from tests.integrations.providers import stub as stubs
from tests.integrations.simulators.airtm.conftest import Caller, payin, payout

DOCUMENT = Path(__file__).parents[5] / "shared/data/airtm-enterprise-v2-openapi.json"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not DOCUMENT.exists(), reason="Airtm's OpenAPI document is not beside the project"
    ),
]

DOLLAR = 10_000_000


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(DOCUMENT.read_text())


def check(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    whole = schema | {"components": document["components"]}
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(value)


def answer_schema(document: dict[str, Any], method: str, template: str, status: int) -> Any:
    responses = document["paths"][template][method.lower()]["responses"]
    known = responses.get(str(status)) or responses["default"]
    return known.get("content", {}).get("application/json", {}).get("schema")


def concerning(template: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        template = template.replace(f"{{{name}}}", value)
    return template


class TestTheSimulatorsAnswers:
    @pytest.fixture
    def bazaar(self, enterprise) -> Caller:
        enterprise.webhook_url = "http://127.0.0.1:9/"
        enterprise.webhook_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        enterprise.save()
        return Caller("bazaar-key-of-airtm", "bazaar-secret-of-airtm")

    @pytest.fixture
    def ids(self, bazaar) -> dict[str, str]:
        open_payin = bazaar.ask("POST", "/payins", payin(code="topup_0")).body["id"]
        simulated_payins.confirm(open_payin, email="ada@example.com")
        waiting = payout(code="wd_0", airtmUserEmail="nobody@example.com", commit=True)
        paid = bazaar.ask("POST", "/payouts", payout(code="wd_5", commit=True)).body["id"]
        returned = simulated_payouts.refund(paid)
        funded = simulated_deposits.fund(returned.enterprise, amount=Decimal(5))
        return {
            "paid": paid,
            "deposit": str(funded.id),
            "payin": bazaar.ask("POST", "/payins", payin()).body["id"],
            "payout": bazaar.ask("POST", "/payouts", waiting).body["id"],
            "fresh": bazaar.ask("POST", "/payouts", payout()).body["id"],
        }

    @pytest.mark.parametrize(
        ("method", "template", "status", "names", "body"),
        [
            ("GET", "/me", 200, {}, None),
            ("GET", "/me/balance", 200, {}, None),
            ("GET", "/deposits", 200, {}, None),
            ("GET", "/deposits/{id}", 200, {"id": "deposit"}, None),
            ("GET", "/deposits/{id}", 404, {"id": "payin"}, None),
            ("DELETE", "/payouts/{id}", 400, {"id": "paid"}, None),
            ("DELETE", "/payins/{id}", 404, {"id": "paid"}, None),
            ("GET", "/payins/by-code/{code}", 404, {"code": "topup_9"}, None),
            ("GET", "/payouts/by-code/{code}", 404, {"code": "wd_9"}, None),
            ("GET", "/payouts/{id}/events", 404, {"id": "payin"}, None),
            ("GET", "/users/{email}", 200, {"email": "ada@example.com"}, None),
            ("GET", "/users/{email}", 404, {"email": "nobody@example.com"}, None),
            ("POST", "/payouts", 200, {}, payout(code="wd_7", internalNote="order 7")),
            ("POST", "/payouts", 200, {}, payout(code="wd_8", commit=True, enterpriseFee=1)),
            ("POST", "/payouts", 400, {}, payout(extra=1)),
            ("GET", "/payouts", 200, {}, None),
            ("GET", "/payouts/{id}", 200, {"id": "payout"}, None),
            ("GET", "/payouts/{id}", 404, {"id": "payin"}, None),
            ("GET", "/payouts/by-code/{code}", 200, {"code": "wd_0"}, None),
            ("GET", "/payouts/{id}/events", 200, {"id": "payout"}, None),
            ("POST", "/payouts/{id}/commit", 204, {"id": "fresh"}, None),
            ("POST", "/payouts/{id}/commit", 400, {"id": "payout"}, None),
            ("DELETE", "/payouts/{id}", 200, {"id": "payout"}, None),
            ("POST", "/payins", 200, {}, payin(code="topup_7")),
            ("POST", "/payins", 400, {}, payin()),
            ("GET", "/payins", 200, {}, None),
            ("GET", "/payins/{id}", 200, {"id": "payin"}, None),
            ("GET", "/payins/by-code/{code}", 200, {"code": "topup_0"}, None),
            ("DELETE", "/payins/{id}", 200, {"id": "payin"}, None),
        ],
    )
    def test_they_fit(self, document, bazaar, ids, method, template, status, names, body):
        given = {name: ids.get(value, value) for name, value in names.items()}
        answer = bazaar.ask(method, concerning(template, given), body)
        assert answer.status_code == status
        schema = answer_schema(document, method, template, status)
        if schema is None:
            assert answer.content == b""
        else:
            check(document, schema, json.loads(answer.content))

    @pytest.mark.parametrize("status", AirtmPayout.Status.values)
    def test_a_payout_fits_in_every_status_that_the_document_names(self, document, bazaar, status):
        made = bazaar.ask("POST", "/payouts", payout()).body["id"]
        AirtmPayout.objects.filter(id=made).update(status=status)
        schema = answer_schema(document, "GET", "/payouts/{id}", 200)
        answer = bazaar.ask("GET", f"/payouts/{made}")
        check(document, schema, json.loads(answer.content))
        assert answer.body["status"] == status

    def test_the_document_names_no_status_that_we_do_not_simulate(self, document):
        schemas = document["components"]["schemas"]
        assert set(schemas["PayoutStatus"]["enum"]) == set(AirtmPayout.Status.values)
        assert set(schemas["PayinStatus"]["enum"]) == set(AirtmPayin.Status.values)

    @pytest.mark.parametrize("code", REASONS)
    def test_every_refusal_fits(self, document, code):
        schema = answer_schema(document, "GET", "/me", 418)
        check(document, schema, AirtmRefusal(code, email="ada@example.com").body())

    def test_webhooks_fit(self, document, ids):
        for message in AirtmMessage.objects.all():
            hook = document["webhooks"][message.type]["post"]["requestBody"]
            check(document, hook["content"]["application/json"]["schema"], json.loads(message.body))
        assert AirtmMessage.objects.count() >= 5


class TestOurRequests:
    @pytest.fixture
    def sent(self, db):
        with stubs.running() as stub:
            stub.answers = [(500, b"")]
            credentials = {
                "base_url": stub.url,
                "api_key": "key-of-eight",
                "api_secret": "secret-of-eight",
                "payin_url_template": "{id}",
            }
            stub.payins, stub.payouts = AirtmPayins(**credentials), AirtmPayouts(**credentials)
            yield stub

    def check(self, document, sent, method: str, template: str) -> None:
        asked, path, headers, body = sent.asked[-1]
        pattern = template.replace("{id}", "x%2Fy").replace("{code}", "x%2Fy")
        assert (asked, path) == (method, pattern.replace("{email}", "ada%2B1%40example.com"))
        assert headers["Authorization"].startswith("Basic ")
        operation = document["paths"][template][method.lower()]
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            check(document, schema, json.loads(body))
            assert headers["Content-Type"] == "application/json"
        else:
            assert body == b""

    def test_create_a_payin(self, document, sent):
        sent.payins.create(
            code="topup_1",
            amount=50 * DOLLAR,
            description="x" * 300,
            return_url="https://shop.example/ok",
            cancel_url="https://shop.example/no",
        )
        self.check(document, sent, "POST", "/payins")

    def test_look_a_payin_up(self, document, sent):
        sent.payins.look_up(code="x/y")
        self.check(document, sent, "GET", "/payins/by-code/{code}")

    def test_cancel_a_payin(self, document, sent):
        sent.payins.cancel(reference="x/y")
        self.check(document, sent, "DELETE", "/payins/{id}")

    def test_look_a_person_up(self, document, sent):
        sent.payouts.recipient(email="ada+1@example.com")
        self.check(document, sent, "GET", "/users/{email}")

    def test_create_a_payout(self, document, sent):
        sent.payouts.create(code="wd_1", email="a@example.com", amount=947_000_000, notes="Pay")
        self.check(document, sent, "POST", "/payouts")
        assert b'"amount":94.7,' in sent.asked[-1][3]

    def test_commit_a_payout(self, document, sent):
        sent.payouts.commit(reference="x/y")
        self.check(document, sent, "POST", "/payouts/{id}/commit")

    def test_look_a_payout_up(self, document, sent):
        sent.payouts.look_up(code="x/y")
        self.check(document, sent, "GET", "/payouts/by-code/{code}")

    def test_cancel_a_payout(self, document, sent):
        sent.payouts.cancel(reference="x/y")
        self.check(document, sent, "DELETE", "/payouts/{id}")

    def test_list_deposits(self, document, sent):
        sent.payouts.deposits(page="")
        self.check(document, sent, "GET", "/deposits")
        sent.payouts.deposits(page="a+b/c")
        assert sent.asked[-1][1] == "/deposits?after=a%2Bb%2Fc"
        names = {one["name"] for one in document["paths"]["/deposits"]["get"]["parameters"]}
        assert "after" in names

    @pytest.mark.parametrize("name", ["payins", "payouts"])
    def test_read_a_whole_list(self, document, sent, name):
        getattr(getattr(sent, name), name)(page="a+b/c")
        method, path, _, body = sent.asked[-1]
        assert (method, path, body) == ("GET", f"/{name}?perPage=500&after=a%2Bb%2Fc", b"")
        names = {one["name"] for one in document["paths"][f"/{name}"]["get"]["parameters"]}
        assert {"perPage", "after"} <= names

    def test_read_the_balance(self, document, sent):
        sent.payouts.balance()
        self.check(document, sent, "GET", "/me/balance")
