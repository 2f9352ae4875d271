"""The public routes: they need no key, and say nothing that is nobody's business."""

import json

import pytest
from django.http import HttpResponse
from django.test import Client

pytestmark = pytest.mark.django_db


def get(path: str) -> HttpResponse:
    return Client().get(f"/api/v1/{path}")


def test_it_is_alive() -> None:
    assert get("health").json()["status"] == "ok"


def test_readiness_names_its_parts() -> None:
    told = get("health/ready").json()
    assert told["parts"]["database"]["status"] == "ok"


def test_the_configuration_is_told() -> None:
    told = get("config").json()
    assert told["currencies"] == ["USD"]
    assert set(told["rails"]) == {"in", "out"}


@pytest.mark.parametrize("path", ["health", "config"])
def test_a_bad_key_does_not_shut_a_public_route(path: str) -> None:
    answer = Client().get(f"/api/v1/{path}", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 200


def test_the_document_is_openapi() -> None:
    answer = Client().get("/api/v1/openapi.json", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    document = json.loads(answer.content)
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/orders/{order_id}/checkout" in document["paths"]


def test_the_docs_are_a_page() -> None:
    answer = get("docs")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/html")
