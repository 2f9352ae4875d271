"""The panel: one page to watch the pretended providers, and to play the people in them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from integrations.simulators import clock, switches
from integrations.simulators.airtm import payins, payouts
from integrations.simulators.airtm.refusals import AirtmRefusal
from integrations.simulators.models import (
    AirtmEnterprise,
    AirtmMessage,
    AirtmPayin,
    AirtmPayout,
    AirtmPerson,
)
from integrations.simulators.sandbox import LONGEST_LEAP, MOST_TIMES
from integrations.simulators.stellar import gifts
from integrations.simulators.stellar import panel as stellar
from ledger.clock import now

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
    context = _airtm() | stellar.shown() | _switches() | {"notice": request.GET.get("notice")}
    return render(request, "simulators/panel.html", context)


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


@require_POST
def act_on_chain(request: HttpRequest) -> HttpResponse:
    """A stranger or the issuer of USDC does something on the pretended chain."""
    try:
        return _again(stellar.act(request.POST))
    except (stellar.Mistyped, gifts.Refused) as refusal:
        return _again(f"Refused: {refusal}")


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Turn a fault on or off."""
    provider, _, fault = request.POST.get("fault", "").partition("/")
    times = request.POST.get("times", "")
    if provider not in switches.KNOWN or not _is_number(times, most=MOST_TIMES):
        return _again(f"Refused: a fault, and 0 to {MOST_TIMES} times")
    try:
        switches.turn(provider, fault, times=int(times), options={})
    except switches.NoSuchFault as unknown:
        return _again(f"Refused: {unknown}")
    return _again(f"{provider} {fault}: {times} times")


@require_POST
def advance(request: HttpRequest) -> HttpResponse:
    """Advance the product's time."""
    seconds = request.POST.get("seconds", "")
    if not _is_number(seconds, most=LONGEST_LEAP):
        return _again(f"Refused: 0 to {LONGEST_LEAP} seconds")
    return _again(f"It is now {clock.advance(seconds=int(seconds)):%Y-%m-%d %H:%M:%S} UTC")


def _is_number(text: str, *, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12 and int(text) <= most


def _switches() -> dict[str, Any]:
    return {"known_faults": switches.KNOWN, "faults_on": switches.on(), "now": now()}


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
