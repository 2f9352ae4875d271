"""Sandbox routes: what they share, and those about no provider alone: the clock, and the faults.

The routes that play people stand beside their provider, in `airtm/sandbox.py` and
`stellar/sandbox.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces.rest.fields import (
    MetadataField,
    OneOf,
    Strict,
    TextField,
    WholeNumber,
    moment,
)
from integrations.marketplaces.rest.views import Endpoint
from integrations.providers import directory
from integrations.simulators import clock, switches
from ledger.refusals import Conflict, Invalid, NotFound

LONGEST_LEAP = 366 * 86_400  # seconds that one request may advance the clock
MOST_TIMES = 1_000


class Shown(Protocol):
    """What a sandbox route answers with; `pk` is what its idempotency key remembers."""

    pk: str

    def shown(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Played:
    """What was played: our id, and what the provider now says of it."""

    pk: str
    status: str

    def shown(self) -> dict[str, Any]:
        return {"id": self.pk, "status": self.status}


class PlayedOut(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.CharField()
    status = serializers.CharField(help_text="What the provider now says of it.")


class Sandbox(Endpoint):
    """A route that only test keys can see."""

    shows: ClassVar[Any] = PlayedOut
    refuses: ClassVar[Any] = (NotFound, Conflict, directory.NotConfigured)
    key_required = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.is_live:
            raise NotFound

    def _answer(self, resource: Shown, status: int) -> Response:
        return Response(resource.shown(), status=status)


class Leap(Strict):
    seconds = WholeNumber(min_value=1, max_value=LONGEST_LEAP)


class SandboxClockOut(serializers.Serializer):  # type: ignore[type-arg]
    now = serializers.DateTimeField(help_text="The product's time, on which every process agrees.")


@dataclass(frozen=True, slots=True)
class Moment:
    now: datetime
    pk: str = "clock"

    def shown(self) -> dict[str, Any]:
        return {"now": moment(self.now)}


class AdvanceClock(Sandbox):
    """Advance the product's time, for everybody; it never goes back."""

    takes = Leap
    shows = SandboxClockOut
    refuses = (NotFound,)

    def post(self, request: Request) -> Response:
        seconds = self.body()["seconds"]
        return self.once(lambda: Moment(clock.advance(seconds=seconds)))


class Switch(Strict):
    provider = OneOf(choices=sorted(switches.KNOWN))
    fault = TextField(max_length=40)
    times = WholeNumber(min_value=0, max_value=MOST_TIMES, help_text="0 switches it off.")
    options = MetadataField(required=False, default=dict)


class KnownFaultOut(serializers.Serializer):  # type: ignore[type-arg]
    provider = serializers.CharField()
    fault = serializers.CharField()
    says = serializers.CharField(help_text="What the provider then does wrong.")


class SwitchedOnOut(serializers.Serializer):  # type: ignore[type-arg]
    provider = serializers.CharField()
    fault = serializers.CharField()
    times = serializers.IntegerField(help_text="How often still.")
    options = serializers.DictField()


class SandboxFaultsOut(serializers.Serializer):  # type: ignore[type-arg]
    known = KnownFaultOut(many=True)
    on = SwitchedOnOut(many=True)


class UnknownFault(Invalid):
    """The provider does not know this fault, or this option of it."""

    code = "UNKNOWN_FAULT"


@dataclass(frozen=True, slots=True)
class Board:
    pk: str = "faults"

    def shown(self) -> dict[str, Any]:
        known = [
            {"provider": provider, "fault": fault, "says": says}
            for provider, faults in switches.KNOWN.items()
            for fault, says in faults.items()
        ]
        return {"known": known, "on": switches.on()}


class Faults(Sandbox):
    takes = Switch
    shows = SandboxFaultsOut
    refuses = (NotFound, UnknownFault)

    def get(self, request: Request) -> Response:
        """Show which faults the pretended providers know, and which are on."""
        return Response(Board().shown())

    def post(self, request: Request) -> Response:
        """Have a pretended provider do something wrong, the next so many times."""
        body = self.body()
        return self.once(lambda: _switched(**body))


def _switched(*, provider: str, fault: str, times: int, options: dict[str, Any]) -> Board:
    try:
        switches.turn(provider, fault, times=times, options=options)
    except switches.NoSuchFault as unknown:
        raise UnknownFault(f"{unknown}.", known=sorted(switches.KNOWN[provider])) from None
    return Board()
