"""Service routes: alive, ready, and what this installation can do. Public."""

from typing import Any, ClassVar

from django.conf import settings
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from config import serializers, vitals
from integrations.marketplaces import maintenance, tokens
from integrations.marketplaces.rest import pagination, parsing
from integrations.marketplaces.rest.fields import moment
from ledger import money
from withdrawals.models import Withdrawal


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
    """Tell whether requests can be served and conversations go on, and if not, why.

    Whatever is wrong beside the database degrades; a database that is down makes it 503.
    """

    shows = serializers.ReadyOut
    answers = (200, 503)

    def get(self, request: Request) -> Response:
        told = vitals.ready()
        return Response(told, status=503 if told["status"] == vitals.DOWN else 200)


class Configuration(Public):
    """Show what this installation can do."""

    shows = serializers.ConfigurationOut

    def get(self, request: Request) -> Response:
        return Response(
            {
                "version": settings.VERSION,
                "mode": settings.MODE,
                "currencies": [money.USD],
                "rails": {"in": ["AIRTM", "STELLAR"], "out": Withdrawal.Rail.values},
                "stellar_network": settings.STELLAR_NETWORK,
                "limits": limits(),
                "maintenance": paused(),
            }
        )


def limits() -> dict[str, int]:
    """How much a caller may ask for."""
    return {
        "requests_per_minute": settings.RATE_LIMIT_PER_KEY,
        "acts_per_user_and_minute": settings.RATE_LIMIT_PER_USER,
        "body_bytes": parsing.LARGEST,
        "page": pagination.LONGEST,
        "token_seconds": tokens.LONGEST,
    }


def paused() -> dict[str, Any] | None:
    """The maintenance switch, as far as it is everybody's business."""
    switch = maintenance.standing()
    return switch and {
        "message": switch.message,
        "until": moment(switch.until) if switch.until else None,
    }
