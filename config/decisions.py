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

from ledger import acts
from ledger.acts import Act
from ledger.display import entries_table
from ledger.events import Actor
from ledger.refusals import Refused
from ledger.rehearsal import Rehearsal


@dataclass(frozen=True, slots=True)
class Consequences:
    """What the page says will happen."""

    refusal: str
    entries: str
    takes_two: bool


def page(request: HttpRequest, *, name: str, subject: str) -> HttpResponse:
    """Ask, show what would happen, and on the second click do it."""
    act, record = _found(request, name, subject)
    form = _form_of(act)(request.POST or None)
    consequences = None
    if request.method == "POST" and form.is_valid():
        if "confirmed" in request.POST and (done := _done(request, act, record, form)):
            return done
        consequences = _tried(request, act, record, form)
    context = {
        **admin.site.each_context(request),
        "title": act.title,
        "act": act,
        "record": record,
        "form": form,
        "consequences": consequences,
        "back": _page_of(record),
    }
    return render(request, "admin/decide.html", context)


def buttons(record: Any, *, operator: Any) -> list[dict[str, str]]:
    """The acts that this operator may decide about a record now, each with its page."""
    return [
        {"title": act.title, "explains": act.explains, "url": _url(act, record)}
        for act in acts.offered(record, operator=operator)
    ]


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


def _form_of(act: Act) -> type[forms.Form]:
    """Its own questions, and always: why."""
    reason = forms.CharField(
        label="Reason", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000, strip=True
    )
    return type("Questions", (act.questions,), {"reason": reason})


def _answers(form: forms.Form) -> tuple[dict[str, Any], str]:
    answers = dict(form.cleaned_data)
    return answers, answers.pop("reason")


def _tried(request: HttpRequest, act: Act, record: Any, form: forms.Form) -> Consequences:
    answers, reason = _answers(form)
    seen: Rehearsal = acts.tried(act, record, answers=answers, reason=reason, by=_actor(request))
    return Consequences(
        refusal=seen.refusal.message if seen.refusal else "",
        entries=entries_table(seen.entries) if seen.entries else "",
        takes_two=act.needs_second(record, answers),
    )


def _done(
    request: HttpRequest, act: Act, record: Any, form: forms.Form
) -> HttpResponseRedirect | None:
    answers, reason = _answers(form)
    try:
        approval = acts.decide(act, record, answers=answers, reason=reason, by=_actor(request))
    except Refused as refusal:
        messages.error(request, refusal.message)
        return None
    if approval is None:
        messages.success(request, f"Done: {act.title.lower()}.")
        return HttpResponseRedirect(_page_of(record))
    messages.warning(request, "It is asked for; somebody else must agree before it is done.")
    return HttpResponseRedirect(_page_of(approval))


def _actor(request: HttpRequest) -> Actor:
    return Actor(f"operator:{request.user.get_username()}", request_id=str(request.id))  # type: ignore[union-attr, attr-defined]


def _page_of(record: Any) -> str:
    meta = record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])
