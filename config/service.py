"""Service routes: alive, ready, and what this installation can do. Public."""

from typing import Any, ClassVar

from celery import current_app
from django.conf import settings
from django.db import Error, connection
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from config import serializers
from integrations.providers import levels
from integrations.providers.stellar import headroom, rotation
from ledger import money


class Public(APIView):
    """A route on the explicit list of those that need no key."""

    shows: ClassVar[type[Serializer[Any]]]
    answers: ClassVar[tuple[int, ...]] = (200,)
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]


class Alive(Public):
    """Tell that the process is alive."""

    shows = serializers.AliveOut

    def get(self, request: Request) -> Response:
        return Response({"status": "ok", "version": settings.VERSION})


class Ready(Public):
    """Tell whether requests can be served and conversations go on.

    A database that is down makes it 503; everything else degrades: a broker that is down, a
    provider's limit that is used up or that no Valkey counts, wallets sealed with an older key, or
    a treasury that runs out of XLM.
    """

    shows = serializers.ReadyOut
    answers = (200, 503)

    def get(self, request: Request) -> Response:
        is_ready = (database := _database()) == "ok"
        parts = {"database": database, "broker": _broker()}
        if is_ready:
            parts |= {"budgets": _budgets(), **_custody()}
        whole = "ok" if set(parts.values()) == {"ok"} else "degraded" if is_ready else "down"
        return Response({"status": whole, "parts": parts}, status=200 if is_ready else 503)


class Configuration(Public):
    """Show what this installation can do."""

    shows = serializers.ConfigurationOut

    def get(self, request: Request) -> Response:
        return Response(
            {
                "version": settings.VERSION,
                "mode": settings.MODE,
                "currencies": [money.USD],
                "rails": {"in": ["AIRTM", "STELLAR"], "out": ["AIRTM"]},
                "stellar_network": settings.STELLAR_NETWORK,
            }
        )


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return "down"
    return "ok"


def _budgets() -> str:
    found = levels.levels() if settings.PROVIDER_BUDGETS else []
    if any(not level.shared for level in found):
        return "alone"
    return "ok" if all(level.calls_left for level in found) else "used_up"


def _custody() -> dict[str, str]:
    return {
        "wallet_keys": "rotation_due" if rotation.is_due() else "ok",
        "treasury_xlm": "low" if headroom.is_low() else "ok",
    }


def _broker() -> str:
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=0, timeout=0.2)
    except Exception:  # whatever the transport raises, it means that it is not there
        return "down"
    return "ok"
