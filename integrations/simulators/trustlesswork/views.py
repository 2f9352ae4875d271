"""The endpoints of the API: build, submit, read."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from integrations.providers import exactjson
from integrations.simulators.models import (
    SimulatedTrustlessWorkKey,
    StellarContract,
    StellarTransaction,
)
from integrations.simulators.stellar import envelopes, submission
from integrations.simulators.stellar.amounts import as_time
from integrations.simulators.stellar.contracts.calls import Trap
from integrations.simulators.stellar.validation import Rejected
from integrations.simulators.trustlesswork import bodies, builder, records, terms
from integrations.simulators.trustlesswork.acts import ACTS
from integrations.simulators.trustlesswork.bodies import InvalidBody, text
from integrations.simulators.trustlesswork.refusals import ApiRefusal, ContractRefusal
from ledger import clock

SENT = "The transaction has been successfully sent to the Stellar network."
MOST_ADDRESSES = 20


def endpoint(*methods: str) -> Callable[[Callable[..., Any]], Callable[..., HttpResponse]]:
    """A view behind an API key. It answers with a status and a body, or ends by a refusal."""

    def decorate(view: Callable[..., Any]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def answered(request: HttpRequest, **named: Any) -> HttpResponse:
            if request.method not in methods:
                return _refused(request, 404, f"Cannot {request.method} {_path(request)}")
            if not _has_key(request):
                return _json(401, _UNAUTHORIZED)
            try:
                return _json(*view(request, **named))
            except (InvalidBody, ApiRefusal, Trap) as refusal:
                return _refused(request, 400, _message(refusal))

        return answered

    return decorate


@endpoint("POST")
def build(request: HttpRequest, name: str) -> Any:
    """The unsigned transaction for the act called `name`, after a simulated run."""
    act = ACTS[name]
    call = act.call(bodies.read(request.body, act.shape))
    return 201, {"status": "SUCCESS", "unsignedTransaction": builder.unsigned(call)}


@endpoint("POST")
def send_transaction(request: HttpRequest) -> Any:
    signed_xdr = bodies.read(request.body, {"signedXdr": text})["signedXdr"]
    row = _submitted(signed_xdr)
    records.catch_up(row)
    return 201, {"status": "SUCCESS", "message": SENT, **_deployed(row)}


@endpoint("GET")
def escrows_by_contract_ids(request: HttpRequest) -> Any:
    """Only those that are known: an unknown id is left out."""
    asked = request.GET.getlist("contractIds[]")
    if not asked:
        raise InvalidBody("contractIds must be an array")
    from_chain = request.GET.get("validateOnChain") == "true"
    rows = records.on_chain(asked) if from_chain else records.known(asked)
    return 200, [records.shown(row) for row in rows]


@endpoint("GET")
def balances(request: HttpRequest) -> Any:
    asked = request.GET.getlist("addresses[]")
    if not 1 <= len(asked) <= MOST_ADDRESSES:
        raise InvalidBody(f"addresses must contain from 1 to {MOST_ADDRESSES} elements")
    return 200, [
        {"address": each, "balance": records.units(records.balance(each))} for each in asked
    ]


@endpoint("POST", "PUT")
def update_from_tx_hash(request: HttpRequest) -> Any:
    tx_hash = bodies.read(request.body, {"txHash": text})["txHash"]
    row = records.transaction_of(tx_hash)
    if row is None:
        raise ApiRefusal("Transaction not found")
    records.catch_up(row)
    return 201, {"status": "SUCCESS", "message": "The escrow has been updated."}


_UNAUTHORIZED = {"statusCode": 401, "message": "Unauthorized", "error": "Unauthorized"}


def _has_key(request: HttpRequest) -> bool:
    key = request.headers.get("x-api-key", "")
    return SimulatedTrustlessWorkKey.objects.filter(key=key).exists()


def _submitted(signed_xdr: str) -> StellarTransaction:
    try:
        row = submission.submit(signed_xdr)
    except envelopes.Malformed as error:
        raise ApiRefusal("The signed transaction is malformed") from error
    except Rejected as rejected:
        codes = rejected.verdict.codes(envelopes.read(signed_xdr))
        raise ApiRefusal(_rejection(codes)) from rejected
    if not row.successful:
        raise ApiRefusal(_rejection(row.result_codes))
    return row


def _rejection(codes: dict[str, Any]) -> str:
    words = [codes["transaction"], codes.get("inner_transaction"), *codes.get("operations", [])]
    return "The transaction was rejected by the Stellar network: " + ", ".join(filter(None, words))


def _deployed(row: StellarTransaction) -> dict[str, Any]:
    contract = StellarContract.objects.filter(created_at=row.ledger.closed_at).first()
    if contract is None:
        return {}
    return {"contractId": contract.address, "escrow": records.escrow(terms.stored(contract))}


def _message(refusal: Exception) -> str | list[str]:
    if isinstance(refusal, InvalidBody):
        return refusal.complaints
    if isinstance(refusal, ContractRefusal):
        return refusal.refusal.message
    return str(refusal)


def _refused(request: HttpRequest, status: int, message: str | list[str]) -> HttpResponse:
    return _json(
        status,
        {
            "statusCode": status,
            "message": message,
            "timestamp": as_time(clock.now()),
            "path": _path(request),
        },
    )


def _path(request: HttpRequest) -> str:
    """As Trustless Work knows it: without the prefix below which it is pretended."""
    return "/" + request.path.partition("/trustlesswork/")[2]


def _json(status: int, body: Any) -> HttpResponse:
    return HttpResponse(
        exactjson.write(body), status=status, content_type="application/json; charset=utf-8"
    )
