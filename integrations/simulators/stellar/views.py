"""Horizon's endpoints."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from stellar_sdk import StrKey

from integrations.simulators.models import StellarAccount, StellarOperation, StellarTransaction
from integrations.simulators.stellar import (
    envelopes,
    gifts,
    ledgers,
    pages,
    problems,
    resources,
    submission,
)
from integrations.simulators.stellar.pages import Page
from integrations.simulators.stellar.problems import Problem
from integrations.simulators.stellar.resources import Links
from integrations.simulators.stellar.validation import Rejected

View = Callable[..., HttpResponse]


def endpoint(*methods: str) -> Callable[[Callable[..., Any]], View]:
    """A view that answers with a resource, or ends with a `Problem`."""

    def decorate(view: Callable[..., Any]) -> View:
        @csrf_exempt
        @wraps(view)
        def answered(request: HttpRequest, **named: Any) -> HttpResponse:
            try:
                if request.method not in methods:
                    raise problems.method_not_allowed()
                return JsonResponse(view(request, **named), content_type="application/hal+json")
            except Problem as problem:
                return problem.response()

        return answered

    return decorate


@endpoint("GET")
def root(request: HttpRequest) -> Any:
    return resources.root(_links(request))


@endpoint("GET")
def account(request: HttpRequest, address: str) -> Any:
    return resources.account(_account(address), _links(request))


@endpoint("GET")
def account_payments(request: HttpRequest, address: str) -> Any:
    row = _account(address)
    return _operations(request, _payments().filter(participants__contains=[row.address]))


@endpoint("GET")
def account_transactions(request: HttpRequest, address: str) -> Any:
    row = _account(address)
    return _transactions(
        request, StellarTransaction.objects.filter(participants__contains=[row.address])
    )


@endpoint("GET")
def payments(request: HttpRequest) -> Any:
    return _operations(request, _payments())


@endpoint("GET")
def operation(request: HttpRequest, operation_id: int) -> Any:
    row = StellarOperation.objects.select_related("transaction__ledger").filter(id=operation_id)
    return resources.operation(_found(row.first()), _links(request))


@endpoint("GET", "POST")
def transactions(request: HttpRequest) -> Any:
    if request.method == "POST":
        return _submit(request, request.POST.get("tx", ""))
    return _transactions(request, StellarTransaction.objects.all())


@endpoint("GET")
def transaction(request: HttpRequest, tx_hash: str) -> Any:
    return resources.transaction(_transaction(tx_hash), _links(request), asked_for=tx_hash)


@endpoint("GET")
def transaction_operations(request: HttpRequest, tx_hash: str) -> Any:
    # Of a failed transaction too: whoever asks by its hash wants to see what was tried.
    return _operations(request, StellarOperation.objects.filter(transaction=_transaction(tx_hash)))


@endpoint("GET")
def ledger_list(request: HttpRequest) -> Any:
    page = pages.asked_for(request)
    return pages.body(request, page, [_ledger(each, request) for each in _sequences(page)])


@endpoint("GET")
def ledger(request: HttpRequest, sequence: int) -> Any:
    if not 1 <= sequence <= ledgers.latest().sequence:
        raise problems.not_found()
    return _ledger(sequence, request)


@endpoint("GET")
def fee_stats(_request: HttpRequest) -> Any:
    return resources.fee_stats()


@endpoint("GET", "POST")
def fund(request: HttpRequest) -> Any:
    """Friendbot."""
    address = request.GET.get("addr") or request.POST.get("addr", "")
    if not StrKey.is_valid_ed25519_public_key(address):
        raise problems.bad_request(field="addr", reason="addr: invalid account address")
    with ledgers.serial_chain():
        return _submit(request, gifts.from_friendbot(address))


def _submit(request: HttpRequest, envelope_xdr: str) -> Any:
    try:
        row = submission.submit(envelope_xdr)
    except envelopes.Malformed as error:
        raise problems.malformed(envelope_xdr) from error
    except Rejected as rejected:
        envelope, verdict = envelopes.read(envelope_xdr), rejected.verdict
        raise problems.failed(
            envelope, result_codes=verdict.codes(envelope), result_xdr=verdict.xdr(envelope)
        ) from rejected
    if not row.successful:
        envelope = envelopes.read(row.envelope_xdr)
        raise problems.failed(envelope, result_codes=row.result_codes, result_xdr=row.result_xdr)
    return resources.transaction(row, _links(request))


def _account(address: str) -> StellarAccount:
    if not StrKey.is_valid_ed25519_public_key(address):
        raise problems.bad_request(field="account_id", reason="account_id: invalid address")
    return _found(StellarAccount.objects.filter(address=address).first())


def _transaction(tx_hash: str) -> StellarTransaction:
    if not re.fullmatch("[0-9a-f]{64}", tx_hash):
        raise problems.bad_request(field="tx_id", reason="tx_id: invalid hash")
    rows = StellarTransaction.objects.select_related("ledger")
    return _found(rows.filter(Q(hash=tx_hash) | Q(inner_hash=tx_hash)).first())


def _payments() -> "QuerySet[StellarOperation]":
    return StellarOperation.objects.filter(is_payment=True)


def _operations(request: HttpRequest, rows: "QuerySet[StellarOperation]") -> Any:
    page, link = pages.asked_for(request), _links(request)
    records = []
    for row in page.of(rows.select_related("transaction__ledger")):
        record = resources.operation(row, link)
        if request.GET.get("join") == "transactions":
            record["transaction"] = resources.transaction(row.transaction, link)
        records.append(record)
    return pages.body(request, page, records)


def _transactions(request: HttpRequest, rows: "QuerySet[StellarTransaction]") -> Any:
    page, link = pages.asked_for(request), _links(request)
    if request.GET.get("include_failed") != "true":
        rows = rows.filter(successful=True)
    records = [resources.transaction(row, link) for row in page.of(rows.select_related("ledger"))]
    return pages.body(request, page, records)


def _sequences(page: Page) -> range:
    """The ledger numbers of a page: a cursor is a number, shifted."""
    newest = ledgers.latest().sequence
    seen = None if page.cursor is None else page.cursor >> 32
    if page.descending:
        start = newest if seen is None else min(newest, seen - 1)
        return range(start, max(0, start - page.limit), -1)
    start = 1 if seen is None else seen + 1
    return range(start, min(newest, start + page.limit - 1) + 1)


def _ledger(sequence: int, request: HttpRequest) -> Any:
    rows = list(StellarTransaction.objects.filter(ledger_id=sequence))
    return resources.ledger(ledgers.closed(sequence=sequence), _links(request), transactions=rows)


def _links(request: HttpRequest) -> Links:
    base = request.build_absolute_uri(reverse("simulated-horizon"))
    return lambda path: {"href": f"{base}{path}"}


def _found(row: Any) -> Any:
    if row is None:
        raise problems.not_found()
    return row
