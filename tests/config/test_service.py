"""The public routes: they need no key, and say nothing that is nobody's business."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings

from config import wiring
from config.models import Heartbeat
from config.tasks import beat
from integrations.marketplaces.models import User
from integrations.providers.models import Call
from ledger import clock
from payments.models import TopUp
from tests.shop import Shop, made, refused

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
    both = {"AIRTM", "STELLAR"}
    assert {way: set(rails) for way, rails in told["rails"].items()} == {"in": both, "out": both}


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


def part(name: str) -> Any:
    return get("health/ready").json()["parts"][name]


def test_readiness_says_why(shop: Shop, ada: User) -> None:
    assert part("worker")["status"] == "down"
    beat.apply()
    assert part("worker") == {"status": "ok", "why": "", "age_seconds": 0}
    Heartbeat.objects.update(seen_at=datetime.now(UTC) - timedelta(minutes=5))
    assert "300 seconds ago" in part("worker")["why"]
    made(shop.post("topups", {"user_id": ada.id, "amount": "1.00"}))
    assert part("operations")["status"] == "ok"
    TopUp.across_books.update(wake_at=clock.now() - timedelta(minutes=2))
    stuck = part("operations")
    assert stuck["status"] == "degraded"
    assert stuck["why"].startswith("An operation is overdue for 12")


def test_w30_each_provider_is_judged_by_its_last_calls() -> None:
    def called(provider: str, *statuses: int | None) -> Any:
        for status in statuses:
            Call.objects.create(
                provider=provider, method="GET", path="/", status=status, milliseconds=1
            )
        return get("health/ready").json()["providers"][provider]

    assert called("airtm", 200, 404)["status"] == "ok"
    assert called("airtm", 500, 200)["status"] == "degraded"
    down = called("stellar", 200, None)
    assert (down["status"], down["failed"]) == ("down", 1)
    assert "no answer" in down["why"]
    assert called("stellar", 200)["status"] == "degraded"


@override_settings(METRICS_TOKEN="a token of its own")
def test_metrics_are_for_the_scraper_alone(shop: Shop, ada: User) -> None:
    for token in ("", "Bearer", f"Bearer {shop.token}", "Basic a token of its own"):
        answer = Client().get("/api/v1/metrics", headers={"Authorization": token})
        refused(answer, 401, "UNAUTHORIZED")
    made(shop.post("topups", {"user_id": ada.id, "amount": "1.00"}))
    shop.get("orders/ord_1")
    Call.objects.create(provider="airtm", method="GET", path="/", status=503, milliseconds=1)
    answer = Client().get("/api/v1/metrics", headers={"Authorization": "Bearer a token of its own"})
    told = answer.content.decode()
    for line in (
        'offerhub_request_seconds_count{method="POST",route="topups",status="202"}',
        'offerhub_request_seconds_count{method="GET",route="orders/{order_id}",status="404"}',
        'offerhub_operations{noun="topup",status="CREATED"} 1.0',
        'offerhub_operations_oldest_seconds{noun="topup",status="CREATED"} 0.0',
        'offerhub_provider_calls{outcome="failed",provider="airtm"} 1.0',
        "offerhub_books_proved 1.0",
    ):
        assert line in told, line
    assert ada.id not in told


def test_metrics_are_closed_without_a_token() -> None:
    answer = Client().get("/api/v1/metrics", headers={"Authorization": "Bearer "})
    assert answer.status_code == 401


@override_settings(METRICS_TOKEN="a token of its own")
def test_w43_a_scrape_takes_as_many_queries_however_many_rows(
    shop: Shop, ada: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        made(shop.post("topups", {"user_id": ada.id, "amount": "1.00"}))
    headers = {"Authorization": "Bearer a token of its own"}
    with django_assert_max_num_queries(len(wiring.NOUNS) + 3):
        scraped = Client().get("/api/v1/metrics", headers=headers)
    assert scraped.status_code == 200  # and not shut out, which takes no query at all
    assert "topup" in scraped.content.decode()
