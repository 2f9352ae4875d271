"""Decisions: one page on which an operator sees what an act will do, says why, and has it done."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from config import factors, trails
from integrations.marketplaces.models import User
from integrations.marketplaces.rest.requests import origin
from ledger import acts, casework
from ledger.acts import Act
from ledger.display import dollars, entries_table, legs_table
from ledger.models import Approval
from ledger.refusals import Refused
from ledger.rehearsal import Rehearsal

_BORNE = "The platform bears"
_PLATFORM = {
    "platform_fees": "The platform earns", "provider_fees": _BORNE, "adjustments": _BORNE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Consequences:
    """What the page says will happen."""

    refusal: str
    gains: list[tuple[str, str]]  # who gets what, now or on the outcome
    entries: str
    expected: str
    unchecked: tuple[str, ...]
    takes_two: bool


def page(request: HttpRequest, *, name: str, subject: str) -> HttpResponse:
    """Ask, show what would happen, and on the second click do it."""
    act, record = _found(request, name, subject)
    if not factors.suffice_to_decide(request):
        return factors.sent_to_enrol(request)
    trails.viewed(request, act.about, record)
    form = _form(request, act, record)
    consequences = None
    if request.method == "POST" and form.is_valid():
        if "confirmed" in request.POST and (done := _done(request, act, record, form)):
            return done
        consequences = _tried(request, act, record, form)
    context = {
        "title": act.title,
        "act": act,
        "record": record,
        "form": form,
        "consequences": consequences,
        "back": _address_of(record),
        "asked": casework.told(record) if isinstance(record, Approval) else [],
    }
    return _shown(request, "admin/decide.html", context)


def buttons(record: Any, *, operator: Any) -> list[dict[str, Any]]:
    """The acts that this operator may decide about a record now, each with its page; what would
    settle it comes first.
    """
    told = [
        {
            "title": act.title,
            "explains": act.explains,
            "url": _url(act, record),
            "is_main": act.is_proposed(record),
        }
        for act in acts.offered(record, operator=operator)
    ]
    return sorted(told, key=lambda button: not button["is_main"])


def _url(act: Act, record: Any) -> str:
    return reverse("admin:decide", kwargs={"name": act.name, "subject": str(record.pk)})


def _found(request: HttpRequest, name: str, subject: str) -> tuple[Act, Any]:
    """The act and its record; an operator without the permission learns nothing of either."""
    try:
        act = acts.named(name)
    except KeyError as error:
        raise Http404 from error
    if not request.user.has_perm(act.permission):  # type: ignore[union-attr]
        raise PermissionDenied
    return act, _record(act.about, subject)


def _record(kind: type[models.Model], subject: str) -> models.Model:
    if "\0" in subject:
        raise Http404
    try:
        return kind._base_manager.get(pk=kind._meta.pk.to_python(subject))
    except (kind.DoesNotExist, ValidationError) as error:  # type: ignore[attr-defined]
        raise Http404 from error


def _form(request: HttpRequest, act: Act, record: Any) -> forms.Form:
    """Its own questions, and always: why. Looking at what would happen needs no reason yet."""
    reason = forms.CharField(
        label="Reason",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        strip=True,
        required="confirmed" in request.POST,
    )
    kind = type("Questions", (act.questions,), {"reason": reason})
    form: forms.Form = kind(request.POST or None, initial=act.initial(record))
    return form


def _answers(form: forms.Form) -> tuple[dict[str, Any], str]:
    answers = dict(form.cleaned_data)
    return answers, answers.pop("reason")


def _tried(request: HttpRequest, act: Act, record: Any, form: forms.Form) -> Consequences:
    answers, reason = _answers(form)
    seen: Rehearsal = acts.tried(
        act, record, answers=answers, reason=reason, by=trails.actor(request)
    )
    return Consequences(
        refusal=_in_words(seen.refusal) if seen.refusal else "",
        gains=_gains([*seen.entries, *seen.expected]),
        entries=entries_table(seen.entries) if seen.entries else "",
        expected=legs_table(seen.expected) if seen.expected else "",
        unchecked=seen.unchecked,
        takes_two=act.needs_second(record, answers),
    )


def _gains(legs: list[Any]) -> list[tuple[str, str]]:
    """Whose spendable money changes by how much, and what the platform earns, or bears."""
    sums: dict[str, int] = {}
    for leg in legs:
        kind = leg.account.kind
        if who := leg.account.subject if kind == "available" else _PLATFORM.get(kind):
            sums[who] = sums.get(who, 0) - leg.amount
    borne = -sums.pop(_BORNE, 0)
    users = User.across_books.in_bulk(set(sums))
    told = [
        (f"{users[who]} gets" if who in users else who, dollars(sums[who]))
        for who in sorted(sums, reverse=True)
        if sums[who]
    ]
    return told + ([(_BORNE, dollars(borne))] if borne > 0 else [])


def _in_words(refusal: Refused) -> str:
    """Whoever was overtaken is told by what: where it stands by now."""
    stands = refusal.details.get("current_status")
    return f"{refusal.message} It is {stands} by now." if stands else refusal.message


def _done(request: HttpRequest, act: Act, record: Any, form: forms.Form) -> HttpResponse | None:
    answers, reason = _answers(form)
    try:
        decided = trails.audited(
            act,
            record,
            answers=answers,
            reason=reason,
            by=trails.actor(request),
            origin=origin(request),
        )
    except Refused as refusal:
        messages.error(request, _in_words(refusal))
        return None
    if decided.secret:
        context = {"title": act.title, "secret": decided.secret, "back": _address_of(record)}
        return _shown(request, "admin/secret.html", context)
    if decided.approval is None:
        messages.success(request, f"Done: {act.title.lower()}.")
        return HttpResponseRedirect(_address_of(record))
    messages.warning(request, "It is asked for; somebody else must agree before it is done.")
    return HttpResponseRedirect(_address_of(decided.approval))


def _shown(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    answer = render(request, template, {**admin.site.each_context(request), **context})
    answer["Cache-Control"] = "no-store"
    return answer


def _address_of(record: Any) -> str:
    meta = record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])
