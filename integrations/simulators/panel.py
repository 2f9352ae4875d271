"""The panel: one page to watch the pretended providers, and to play the people in them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from integrations.simulators.airtm import payins, payouts
from integrations.simulators.airtm.refusals import AirtmRefusal
from integrations.simulators.models import (
    AirtmEnterprise,
    AirtmMessage,
    AirtmPayin,
    AirtmPayout,
    AirtmPerson,
)

Status = AirtmPayout.Status
SHOWN = 50  # of each kind

Act = Callable[[UUID, str], Any]

ACTS: dict[str, Act] = {
    "confirm-payin": lambda subject, payer: payins.confirm(subject, email=payer),
    "cancel-payin": lambda subject, _: payins.cancel(subject),
    "fail-payin": lambda subject, _: payins.fail(subject),
    "complete-payout": lambda subject, _: payouts.complete(subject),
    "fail-payout": lambda subject, _: payouts.fail(subject),
}


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Balances, what is open, what was last, and the messages that nobody took."""
    return render(
        request, "simulators/panel.html", _airtm() | {"notice": request.GET.get("notice")}
    )


@require_POST
def act(request: HttpRequest, *, name: str, subject: UUID) -> HttpResponse:
    """One button: does it, and shows the panel again with what came of it."""
    if name not in ACTS:
        return HttpResponseBadRequest("no such button")
    try:
        ACTS[name](subject, request.POST.get("payer", ""))
    except AirtmRefusal as refusal:
        return _again(f"Refused: {refusal}")
    return _again(f"Done: {name.replace('-', ' ')}")


def _again(notice: str) -> HttpResponse:
    return redirect(f"{reverse('simulators-panel')}?{urlencode({'notice': notice})}")


def _airtm() -> dict[str, Any]:
    open_payouts = [Status.CREATED, Status.COMMITTED, Status.PENDING]
    return {
        "enterprises": AirtmEnterprise.objects.order_by("name"),
        "people": AirtmPerson.objects.order_by("email"),
        "open_payins": _newest(AirtmPayin.objects.filter(status="CREATED")),
        "open_payouts": _newest(AirtmPayout.objects.filter(status__in=open_payouts)),
        "ended_payins": _newest(AirtmPayin.objects.exclude(status="CREATED")),
        "ended_payouts": _newest(AirtmPayout.objects.exclude(status__in=open_payouts)),
        "waiting_messages": AirtmMessage.objects.exclude(next_attempt_at=None).order_by("number")[
            :SHOWN
        ],
    }


def _newest(rows: Any) -> Any:
    return rows.select_related("enterprise").order_by("-number")[:SHOWN]
