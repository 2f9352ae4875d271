"""`/metrics` for Prometheus: what the processes counted, and what the database says right now."""

import hmac
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from config import vitals
from integrations.marketplaces.rest.refusals import envelope, not_allowed
from integrations.providers.models import Call
from ledger import guarding
from ledger.models import Finding
from ledger.wiring import table, wired


@method_decorator(csrf_exempt, name="dispatch")
class Metrics(View):
    """For the scraper, who has a token of its own: no key of a marketplace opens it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        expected = settings.METRICS_TOKEN.encode()
        given = token.strip().encode() if scheme.lower() == "bearer" else b""
        if not expected or not hmac.compare_digest(expected, given):
            return _refused(request)
        return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)

    def http_method_not_allowed(self, request: HttpRequest, *_: Any, **__: Any) -> JsonResponse:
        return not_allowed(request, "GET", "HEAD")


class Standing:
    """A collector: read from the database at each scrape, with indexes that are short."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _operations()
        yield _calls()
        yield from _findings()


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    if settings.METRICS_DIR:
        MultiProcessCollector(registry, path=settings.METRICS_DIR)
    else:
        registry.register(REGISTRY)
    registry.register(Standing())
    return registry


def _operations() -> Iterator[GaugeMetricFamily]:
    """Only what waits for somebody: of those there are few, however many have ended."""
    count = GaugeMetricFamily(
        "offerhub_operations", "Operations that wait for somebody.", labels=["noun", "status"]
    )
    age = GaugeMetricFamily(
        "offerhub_operations_oldest_seconds", "How long the oldest of them has stood so.",
        labels=["noun", "status"],
    )  # fmt: skip
    for noun in map(wired, table("NOUNS")):
        for status, many, oldest in vitals.waiting(noun):
            count.add_metric([noun.NOUN, status], many)  # type: ignore[attr-defined]
            age.add_metric([noun.NOUN, status], oldest)  # type: ignore[attr-defined]
    yield from (count, age)


def _calls() -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(
        "offerhub_provider_calls", "Of the last 200 calls, by provider and outcome.",
        labels=["provider", "outcome"],
    )  # fmt: skip
    found: dict[tuple[str, str], int] = {}
    for call in Call.objects.order_by("-pk").only("provider", "status")[:200]:
        place = (call.provider, vitals.outcome(call))
        found[place] = found.get(place, 0) + 1
    for place, many in found.items():
        gauge.add_metric(list(place), many)
    return gauge


def _findings() -> Iterator[GaugeMetricFamily]:
    found = GaugeMetricFamily("offerhub_findings", "Findings nobody has settled.", labels=["kind"])
    open_ones = Finding.across_books.filter(resolved_at=None)
    rows = dict(open_ones.values_list("kind").annotate(many=Count("pk")))
    for kind, many in rows.items():
        found.add_metric([kind], many)
    yield found
    yield GaugeMetricFamily(
        "offerhub_books_proved", "1 while no proof of the books has an unsettled fault.",
        value=int(not any(guarding.is_of_a_proof(kind) for kind in rows)),
    )  # fmt: skip


def _refused(request: HttpRequest) -> HttpResponse:
    told = envelope(request, "UNAUTHORIZED", "This needs the token of the metrics.")
    response = JsonResponse(told, status=401)
    response["WWW-Authenticate"] = "Bearer"
    return response
