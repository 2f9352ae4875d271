"""The OpenAPI document: committed as made, complete for the routes, and true of the answers."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import jsonschema
import pytest
import requests
from django.conf import settings
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from config.management.commands.openapi import PAGE, document
from integrations.marketplaces.rest.fields import checked
from tests.architecture.test_routes import METHODS, PUBLIC, ROUTES
from tests.cast import Api, Sale, Worker

# Not for a marketplace's backend: the document itself, its reader, the scraper's, what Airtm calls,
# and where it sends the payer's browser.
ASIDE = {
    "api/v1/openapi.json",
    "api/v1/docs",
    "api/v1/metrics",
    "api/v1/webhooks/airtm/<str:account>",
    "api/v1/topups/<str:topup_id>/returned",
    "api/v1/topups/<str:topup_id>/declined",
}
DOCUMENT = SchemaGenerator().get_schema(request=None, public=True)
OPERATIONS = {
    (method, path): operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def routes() -> Iterator[tuple[str, str, Any]]:
    """Every method of every route that is to be documented, with its view."""
    for route in sorted(set(ROUTES) - ASIDE):
        view = ROUTES[route].cls
        for method in METHODS:
            if hasattr(view, method):
                yield method, "/" + re.sub(r"<str:(\w+)>", r"{\1}", route), view


def header(operation: Any, name: str) -> Any:
    parameters = operation.get("parameters", [])
    return next((p for p in parameters if (p["in"], p["name"]) == ("header", name)), None)


def test_the_committed_document_is_the_one_that_the_code_makes() -> None:
    assert PAGE.read_text() == document(), "run manage.py openapi"


def test_w18_no_route_writes_a_balance() -> None:
    writes = [path for method, path in OPERATIONS if method != "get" and "balance" in path]
    writes += [path for method, path in OPERATIONS if method != "get" and "/ledger/" in path]
    assert writes == []


def test_w50_every_list_has_one_shape_and_every_name_is_snake_case() -> None:
    shapes = DOCUMENT["components"]["schemas"]
    told = [shape.get("properties", {}) for shape in shapes.values()]
    lists = [shape for shape in told if "has_more" in shape or "next_cursor" in shape]
    assert len(lists) > 10
    assert {frozenset(shape) for shape in lists} == {frozenset({"data", "has_more", "next_cursor"})}
    names = {name for shape in told for name in shape}
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []


def test_it_names_neither_this_installation_nor_its_sandbox() -> None:
    assert settings.SIMULATORS
    assert settings.PUBLIC_URL not in document()
    assert "/sandbox/" not in document()


def test_it_is_valid_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    validate_schema(DOCUMENT)


def test_every_route_is_in_it_and_nothing_else() -> None:
    assert {(method, path) for method, path, _ in routes()} == set(OPERATIONS)
    assert len(OPERATIONS) > 25


def test_every_operation_has_a_name_of_its_own_and_a_sentence() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", name) for name in names)
    assert all(operation["summary"].endswith(".") for operation in OPERATIONS.values())


@pytest.mark.parametrize(("method", "path", "view"), list(routes()), ids=str)
class TestOperation:
    def test_its_scope_is_told(self, method: str, path: str, view: Any) -> None:
        is_public = path.removeprefix("/") in PUBLIC
        needs = {} if is_public else {"key": [view.scope_of(method.upper())]}
        assert OPERATIONS[method, path]["security"] == [needs]

    def test_its_idempotency_need_is_told(self, method: str, path: str, view: Any) -> None:
        key = header(OPERATIONS[method, path], "Idempotency-Key")
        assert (key is not None) == (method == "post")
        assert (key or {}).get("required", False) == (method == "post" and view.key_required)

    def test_its_filters_are_told(self, method: str, path: str, view: Any) -> None:
        parameters = OPERATIONS[method, path].get("parameters", [])
        told = {p["name"] for p in parameters if p["in"] == "query"}
        asks = view.asked_of(method.upper()) if hasattr(view, "asked_of") else set()
        filters = set(getattr(view, "filters", ())) if method == "get" else set()
        assert told == filters | asks | ({"limit", "cursor"} if filters else set())

    def test_its_example_of_a_body_would_be_taken(self, method: str, path: str, view: Any) -> None:
        for media in OPERATIONS[method, path].get("requestBody", {}).get("content", {}).values():
            assert checked(view.takes, media["example"]) is not None

    def test_its_example_of_an_answer_is_one(self, method: str, path: str, view: Any) -> None:
        for status, answer in OPERATIONS[method, path]["responses"].items():
            if status < "300":
                media = answer["content"]["application/json"]
                check(media["example"], media["schema"])

    def test_every_refusal_is_shown(self, method: str, path: str, view: Any) -> None:
        for status, answer in OPERATIONS[method, path]["responses"].items():
            if status >= "400" and "$ref" in answer:
                content = resolved(answer)["content"]["application/json"]
                assert content["examples"]
                for example in content["examples"].values():
                    check(resolved(example)["value"], content["schema"])


def test_the_document_is_served_as_json_to_everybody() -> None:
    answer = Client().get("/api/v1/openapi.json", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 200
    assert set(answer.json()["paths"]) == set(DOCUMENT["paths"])


def test_the_reader_asks_nobody_outside() -> None:
    page = Client().get("/api/v1/docs").content.decode()
    assert "/static/drf_spectacular_sidecar/" in page
    assert '"validatorUrl": null' in page
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", page) == []


class Held(Api):
    """A backend that holds every answer to the document."""

    def _send(self, method: str, path: str, **options: Any) -> requests.Response:
        answer = super()._send(method, path, **options)
        hold(method.lower(), "/api/v1/" + path.partition("?")[0], answer)
        return answer


@pytest.mark.django_db(transaction=True)
def test_a_whole_sale_is_answered_as_the_document_says(bazaar: Api, worker: Worker) -> None:
    sale = Sale(Held(bazaar.base, bazaar.key), worker)
    sale.begin()
    sale.top_up("150.00")
    sale.check_out("100.00")
    sale.deliver()
    sale.release()
    withdrawal = sale.ask_for("94.70")
    sale.api.made(f"withdrawals/{withdrawal}/commit")
    worker.settle()
    for path in (
        "me", "users", f"users/{sale.ada}", f"users/{sale.ada}/balance",
        f"users/{sale.ada}/airtm/link", f"users/{sale.ada}/statement", "topups",
        f"topups/{sale.topup}", "orders", f"orders/{sale.order}", "withdrawals",
        f"withdrawals/{withdrawal}", "ledger/accounts", "ledger/transfers",
        "ledger/statement?account=platform_fees", "ledger/trial-balance", "health",
        "health/ready", "config",
    ):  # fmt: skip
        sale.api.seen(path)


@pytest.mark.django_db(transaction=True)
def test_refusals_are_answered_as_the_document_says(sale: Sale) -> None:
    sale.agree("10.00")
    api = Held(sale.api.base, sale.api.key)
    act = f"orders/{sale.order}"
    nobody = Held(sale.api.base, "ohk_test_nobody")
    told = [
        nobody.get("me"),
        api.get("orders?cursor=x"),
        api.get("orders?status=LOST"),
        api.get("orders/ord_1"),
        api.get("ledger/statement?account=wallet&subject=x"),
        api.get("users", headers={"Accept": "text/html"}),
        api.post(f"{act}/deliver"),
        api.post(f"{act}/checkout"),
        api.post(f"{act}/checkout", idempotency_key=None),
        api.post(f"{act}/release", {"requested_by": "SELLER"}),
        api.post("orders", {"amount": 1}),
        api.post("orders", [1]),
        api.post("topups", {"user_id": "usr_1", "amount": "1.00"}),
        api.post(f"users/{sale.ada}/airtm/link", {"email": "cleo@example.com"}),
        api.post("sandbox/topups/topup_1/confirm"),
    ]
    assert [answer.status_code for answer in told] == [
        401, 400, 400, 404, 404, 406, 409, 422, 400, 422, 400, 400, 404, 409, 404,
    ]  # fmt: skip


def codes_of(field: Any) -> Iterator[str]:
    """What may be wrong with a field, and with what is in it."""
    yield from getattr(field, "error_messages", ())
    yield from (validator.code for validator in getattr(field, "validators", ()))
    inner = [getattr(field, "child", None), *getattr(field, "fields", {}).values()]
    for one in filter(None, inner):
        yield from codes_of(one)


def test_what_may_be_wrong_with_a_field_is_told() -> None:
    """Those of DRF's own; ours are seen by whoever holds an answer to the document."""
    details = DOCUMENT["components"]["schemas"]["Error"]["properties"]["error"]["properties"]
    told = details["details"]["properties"]["fields"]["items"]["properties"]["code"]["enum"]
    raised = {
        code.upper()
        for *_, view in routes()
        if hasattr(view, "takes")
        for code in codes_of(view.takes())
    }
    never = {"MIN_LENGTH", "MAX_STRING_LENGTH"}  # nothing has a least length, no number is a text
    assert raised - never <= set(told)


@pytest.mark.django_db(transaction=True)
def test_fields_are_refused_as_the_document_says(sale: Sale) -> None:
    sale.begin()
    api = Held(sale.api.base, sale.api.key)
    order = {"buyer_id": sale.ada, "seller_id": sale.ben, "currency": "EUR", "title": "\0"}
    twice = [{"ref": "a", "title": "A", "amount": "1.00"}] * 2
    to = {"type": "STELLAR", "address": "G"}
    decision = {"decision": "SPLIT", "note": "."}
    refused = [
        api.post("orders", {**order, "amount": "1e2", "milestones": twice}),
        api.post(
            "orders",
            {
                **order,
                "currency": "USD",
                "title": "A",
                "amount": "1.00",
                "settlement": "INSTANT",
                "milestones": twice[:1],
            },
        ),
        api.post("withdrawals", {"user_id": sale.ada, "amount": "1.00", "destination": to}),
        api.post(
            "withdrawals",
            {"user_id": sale.ada, "amount": "1.00", "destination": {**to, "memo_type": "ID"}},
        ),
        api.post("users", {"external_id": " ", "type": None, "metadata": {"a": 0.5}}),
        api.post("users", {"external_id": "\ud800", "type": "X", "metadata": 1, "a": 1}),
        api.post(
            "api-keys", {"name": "x" * 121, "scopes": [], "networks": ["x"], "expires_in_days": 0}
        ),
        api.post("disputes/dsp_1/resolve", decision),
        api.post(
            "disputes/dsp_1/resolve",
            {**decision, "decision": "FULL_REFUND", "release_amount": "1.00"},
        ),
    ]
    assert {answer.status_code for answer in refused} == {400}
    told = {
        field["code"] for answer in refused for field in answer.json()["error"]["details"]["fields"]
    }
    assert len(told) > 14


def test_a_body_takes_no_other_fields() -> None:
    bodies = [
        resolved(operation["requestBody"]["content"]["application/json"]["schema"])
        for operation in OPERATIONS.values()
        if "requestBody" in operation
    ]
    assert len(bodies) >= 5
    assert all(body["additionalProperties"] is False for body in bodies)


def hold(method: str, path: str, answer: requests.Response) -> None:
    """The status is documented, and the body has exactly the fields of its schema."""
    operation = OPERATIONS[method, template(path)]
    responses = operation["responses"]
    assert str(answer.status_code) in responses, f"{method} {path}: {answer.status_code}"
    response = resolved(responses[str(answer.status_code)])
    check(answer.json(), response["content"]["application/json"]["schema"])


def template(path: str) -> str:
    """The documented path that this address belongs to; the one with the fewest gaps wins."""
    fits = [
        known
        for known in DOCUMENT["paths"]
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path)
    ]
    return min(fits, key=lambda known: known.count("{"))


def resolved(part: Any) -> Any:
    if "$ref" not in part:
        return part
    _, _, kind, name = part["$ref"].split("/")
    return DOCUMENT["components"][kind][name]


def check(body: Any, schema: Any) -> None:
    """Hold a body to a schema, with objects closed: what is not documented may not be answered."""
    whole = {**closed(schema), "components": closed(DOCUMENT["components"])}
    jsonschema.Draft202012Validator(whole, format_checker=FORMATS).validate(body)


def closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: closed(part) for name, part in schema.items()}
    if parts.get("type") == "object" and "properties" in parts:
        parts.setdefault("additionalProperties", False)
    return parts


FORMATS = jsonschema.FormatChecker(())


@FORMATS.checks("date-time", raises=ValueError)
def is_moment(value: object) -> bool:
    if isinstance(value, str):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value), value
        datetime.fromisoformat(value)
    return True


def test_the_committed_document_is_json() -> None:
    assert json.loads(PAGE.read_text())["info"]["version"] == settings.VERSION
