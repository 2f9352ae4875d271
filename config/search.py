"""Search: one box for every name that people know a record by."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from config import trails
from escrow.models import Escrow
from integrations.marketplaces.models import AuditEntry, IdempotencyKey, User
from integrations.providers.models import (
    Address,
    AirtmLink,
    Call,
    ChainMovement,
    Inbound,
    Submission,
    Wallet,
)
from ledger.display import page_of, page_with_id
from ledger.models import Arrival, Event, Finding
from payments.models import Deposit, Order, TopUp
from withdrawals.models import PayoutReturn, TreasuryMove, Withdrawal

MOST = 20  # of one kind
LONGEST = 200  # characters

# Kind → the columns in which the text is looked for, whole, each by its index; only treasury moves
# are too few to need one.
PLACES: list[tuple[Any, tuple[str, ...]]] = [
    (User, ("external_id", "email__iexact")),
    (Order, ("client_order_ref",)),
    (TopUp, ("reference",)),
    (Withdrawal, ("reference",)),
    (Deposit, ("tx_hash",)),
    (Escrow, ("contract_id",)),
    (Wallet, ("address",)),
    (Address, ("address",)),
    (AirtmLink, ("email__iexact", "reference")),
    (Submission, ("inner_hash", "bids__outer_hash")),
    (ChainMovement, ("tx_hash",)),
    (TreasuryMove, ("left_as", "arrived_as", "target")),
    (Arrival, ("cause",)),
    (PayoutReturn, ("deposit",)),
    (Finding, ("subject",)),
    (Event, ("request_id",)),
    (AuditEntry, ("request_id",)),
    (Call, ("request_id",)),
    (IdempotencyKey, ("key",)),
    (Inbound, ("message_id",)),
]


@dataclass(frozen=True, slots=True)
class Found:
    kind: str
    link: str


def page(request: HttpRequest) -> HttpResponse:
    """The record itself where its id was given, and otherwise everything that has this name."""
    text = request.GET.get("q", "").strip().replace("\0", "")[:LONGEST]
    if address := page_with_id(_as_id(text)):
        return redirect(address)
    context = {**admin.site.each_context(request), "title": "Search", "text": text}
    found = _found(text, request) if text else []
    return render(request, "admin/search.html", context | {"found": found})


def named(kind: Any, place: str, text: str) -> QuerySet[Any]:
    """The records of a kind that have this text in this place, newest first."""
    rows: QuerySet[Any] = admin.site.get_model_admin(kind).named(place, text)
    return rows.order_by("-pk")


def _found(text: str, request: HttpRequest) -> list[Found]:
    """What this operator may see; that they have read such records is written down."""
    found = []
    for kind, places in PLACES:
        if not request.user.has_perm(f"{kind._meta.app_label}.view_{kind._meta.model_name}"):
            continue
        if records := _with_name(kind, places, text):
            trails.viewed(request, kind)
        found += [Found(str(kind._meta.verbose_name), page_of(row, str(row))) for row in records]
    return found


def _with_name(kind: Any, places: tuple[str, ...], text: str) -> dict[Any, None]:
    """Each row once, in the order of the columns."""
    found: dict[Any, None] = {}
    for place in places:
        found |= dict.fromkeys(named(kind, place, text)[:MOST])
    return found


def _as_id(text: str) -> str:
    """The text as an id is written, in whatever case it was typed."""
    prefix, _, rest = text.rpartition("_")
    return f"{prefix.lower()}_{rest.upper()}"
