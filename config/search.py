"""Search: one box for every name that people know a record by."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from escrow.models import Escrow
from integrations.marketplaces.models import User
from integrations.providers.models import AirtmLink, Call, Inbound, Submission, Wallet
from ledger.display import page_of, page_with_id
from ledger.models import Event, Transfer
from payments.models import Order, TopUp
from withdrawals.models import Withdrawal

MOST = 20  # of one kind
LONGEST = 200  # characters

# Kind → the columns in which the text is looked for, whole; all of them are indexed.
PLACES: list[tuple[Any, tuple[str, ...]]] = [
    (User, ("external_id", "email__iexact")),
    (Order, ("client_order_ref",)),
    (TopUp, ("reference",)),
    (Withdrawal, ("reference",)),
    (Escrow, ("contract_id",)),
    (Wallet, ("address",)),
    (AirtmLink, ("email__iexact",)),
    (Submission, ("inner_hash", "outer_hash")),
    (Transfer, ("cause",)),
    (Event, ("request_id",)),
    (Inbound, ("message_id",)),
    (Call, ("trail",)),
]


@dataclass(frozen=True, slots=True)
class Found:
    kind: str
    link: str


def page(request: HttpRequest) -> HttpResponse:
    """The record itself where its id was given, and otherwise everything that has this name."""
    text = request.GET.get("q", "").strip().replace("\0", "")[:LONGEST]
    if address := page_with_id(text):
        return redirect(address)
    context = {**admin.site.each_context(request), "title": "Search", "text": text}
    found = _found(text, request.user) if text else []
    return render(request, "admin/search.html", context | {"found": found})


def _found(text: str, operator: Any) -> list[Found]:
    return [
        Found(str(kind._meta.verbose_name), page_of(record, str(record)))
        for kind, places in PLACES
        if operator.has_perm(f"{kind._meta.app_label}.view_{kind._meta.model_name}")
        for record in _with_name(kind, places, text)
    ]


def _with_name(kind: Any, places: tuple[str, ...], text: str) -> dict[Any, None]:
    """Each row once, in the order of the columns."""
    return {
        record: None
        for place in places
        for record in kind._base_manager.filter(**{place: text}).order_by("-pk")[:MOST]
    }
