"""Reconciliation over REST: when the books were compared with the providers, and what differed."""

from typing import Any

from django.db.models import Case, Value, When
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces.models import Scope
from integrations.marketplaces.rest.fields import AmountField, MomentField, Shown, shown
from integrations.marketplaces.rest.pagination import page
from integrations.marketplaces.rest.views import Endpoint
from ledger.models import Finding, Run
from ledger.wiring import table

STATES = ("OPEN", "RESOLVED")


class UnreadOut(serializers.Serializer):  # type: ignore[type-arg]
    """Something that could not be read, so that nothing is known of it."""

    subject = serializers.CharField()
    why = serializers.CharField()


class RunOut(Shown):
    amount = AmountField(help_text="The sum at stake, over all that differs.")
    unread = UnreadOut(many=True)
    finding_ids = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Run
        fields = (
            "id", "part", "status", "since", "until", "started_at", "finished_at", "compared",
            "differing", "waiting", "ignored", "closed", "amount", "unread", "finding_ids",
        )  # fmt: skip


class FindingOut(Shown):
    amount = AmountField(help_text="The sum at stake.")
    state = serializers.ChoiceField(choices=STATES)
    resolved_at = MomentField(allow_null=True)

    class Meta:
        model = Finding
        fields = (
            "id", "kind", "subject", "trail", "amount", "proposal", "state", "opened_at",
            "resolved_at", "resolution",
        )  # fmt: skip


class Runs(Endpoint):
    """List the comparisons of the book with what Airtm and the chain show."""

    noun = Run
    scope = Scope.SUPPORT
    shows = RunOut
    filters = {"part": table("RECONCILERS"), "status": Run.Status}

    def get(self, request: Request) -> Response:
        rows = Run.objects.of(self.book).prefetch_related("sightings")
        return Response(page(request, rows, _run, filters=self.filters))


class Findings(Endpoint):
    """List what does not add up, and how it ended."""

    noun = Finding
    scope = Scope.SUPPORT
    shows = FindingOut
    filters = {"state": STATES, "kind": None, "subject": None, "trail": None}

    def get(self, request: Request) -> Response:
        state = Case(When(resolved_at=None, then=Value("OPEN")), default=Value("RESOLVED"))
        rows = Finding.objects.of(self.book).annotate(state=state)
        return Response(page(request, rows, _finding, filters=self.filters))


def _run(row: Run) -> dict[str, Any]:
    row.finding_ids = sorted(one.finding_id for one in row.sightings.all())  # type: ignore[attr-defined]
    return shown(RunOut, row)


def _finding(row: Finding) -> dict[str, Any]:
    return shown(FindingOut, row)
