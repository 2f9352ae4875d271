"""Horizon's endpoints that take a transaction in: at once, asynchronously, and Friendbot's."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from stellar_sdk import StrKey

from integrations.simulators.models import StellarTransaction
from integrations.simulators.stellar import (
    envelopes,
    faults,
    gifts,
    ledgers,
    problems,
    submission,
    views,
)
from integrations.simulators.stellar.endpoints import broken_off, endpoint
from integrations.simulators.stellar.envelopes import Envelope
from integrations.simulators.stellar.resources.links import links_of
from integrations.simulators.stellar.resources.transactions import transaction
from integrations.simulators.stellar.validation import Rejected

_BEFORE = (faults.TIMEOUT_BEFORE, faults.DROPPED_BEFORE)
_AFTER = (faults.TIMEOUT_AFTER, faults.DROPPED_AFTER)
_TIMEOUTS = (faults.TIMEOUT_BEFORE, faults.TIMEOUT_AFTER)


@endpoint("GET", "POST")
def transactions(request: HttpRequest) -> Any:
    if request.method == "GET":
        return views.transactions(request)
    envelope = _envelope(request)
    if fault := faults.spend(*_BEFORE):
        return _lost(fault.name, envelope)
    answer = _applied(request, envelope)
    if fault := faults.spend(*_AFTER):
        return _lost(fault.name, envelope)
    return answer


@endpoint("POST")
def transactions_async(request: HttpRequest) -> Any:
    envelope = _envelope(request)
    if faults.spend(faults.TRY_AGAIN_LATER):
        return _status("TRY_AGAIN_LATER", envelope, status=503)
    if StellarTransaction.objects.filter(hash=envelope.hash).exists():
        return _status("DUPLICATE", envelope, status=409)
    try:
        submission.submit(envelope.xdr)
    except Rejected as rejected:
        said = {"error_result_xdr": rejected.verdict.xdr(envelope)}
        return _status("ERROR", envelope, status=400, **said)
    return _status("PENDING", envelope, status=201)


@endpoint("GET", "POST")
def friendbot(request: HttpRequest) -> Any:
    address = request.GET.get("addr") or request.POST.get("addr", "")
    if not StrKey.is_valid_ed25519_public_key(address):
        raise problems.bad_request(field="addr", reason="addr: invalid account address")
    with ledgers.serial_chain():
        return _applied(request, envelopes.read(gifts.from_friendbot(address)))


def _envelope(request: HttpRequest) -> Envelope:
    envelope_xdr = request.POST.get("tx", "")
    try:
        return envelopes.read(envelope_xdr)
    except envelopes.Malformed as error:
        raise problems.malformed(envelope_xdr) from error


def _applied(request: HttpRequest, envelope: Envelope) -> dict[str, Any]:
    try:
        row = submission.submit(envelope.xdr)
    except Rejected as rejected:
        verdict = rejected.verdict
        raise problems.failed(
            envelope, result_codes=verdict.codes(envelope), result_xdr=verdict.xdr(envelope)
        ) from rejected
    if not row.successful:
        raise problems.failed(envelope, result_codes=row.result_codes, result_xdr=row.result_xdr)
    return transaction(row, links_of(request))


def _lost(fault: str, envelope: Envelope) -> Any:
    if fault in _TIMEOUTS:
        raise problems.timeout(envelope)
    return broken_off()


def _status(word: str, envelope: Envelope, *, status: int, **said: str) -> JsonResponse:
    return JsonResponse({"tx_status": word, "hash": envelope.hash, **said}, status=status)
