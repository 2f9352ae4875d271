"""W-01: every route is behind a key unless it stands on the list below."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import AllowAny

from integrations.marketplaces.rest.authentication import BearerKey, HasScope
from integrations.marketplaces.rest.views import Endpoint

PUBLIC = {
    "api/v1/health",
    "api/v1/health/ready",
    "api/v1/config",
    "api/v1/openapi.json",
    "api/v1/docs",
    "api/v1/metrics",  # proven by its token
    "api/v1/webhooks/airtm/<str:account>",  # proven by its signature
    "api/v1/topups/<str:topup_id>/returned",  # a payer's browser has no key, and proves nothing
    "api/v1/topups/<str:topup_id>/declined",
}
METHODS = ("get", "post", "put", "patch", "delete")


def patterns(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every route below `/api/`, with the view behind it."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        elif isinstance(entry, URLPattern) and route.startswith("api/"):
            yield route, entry.callback


ROUTES = dict(patterns())
PRIVATE = {route: view for route, view in ROUTES.items() if route not in PUBLIC}


def test_the_public_list_names_routes_that_exist() -> None:
    assert set(ROUTES) >= PUBLIC
    assert len(PRIVATE) > 15


@pytest.mark.parametrize("route", sorted(PRIVATE))
def test_w01_nobody_comes_in_without_a_key(route: str) -> None:
    path = "/" + route.replace("<str:", "").replace(">", "")
    for method in METHODS:
        answer = getattr(Client(), method)(path)
        assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"
        assert answer.json()["error"]["code"] == "UNAUTHORIZED"
        assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("route", sorted(PRIVATE))
def test_every_private_route_is_an_endpoint(route: str) -> None:
    """The guard is inherited and nowhere taken off."""
    view = PRIVATE[route].cls
    assert issubclass(view, Endpoint)
    assert view.authentication_classes == [BearerKey]
    assert view.permission_classes == [HasScope]


@pytest.mark.parametrize("route", sorted(PUBLIC))
def test_a_public_route_says_so_itself(route: str) -> None:
    view = getattr(ROUTES[route], "cls", None)
    assert view is None or view.permission_classes == [AllowAny]
