"""The endpoints of the API: build, submit, read."""

from typing import Any

from django.http import HttpRequest

from integrations.simulators.models import StellarContract, StellarTransaction
from integrations.simulators.stellar import envelopes, submission
from integrations.simulators.stellar.validation import Rejected
from integrations.simulators.trustlesswork import bodies, builder, records, terms, trouble
from integrations.simulators.trustlesswork.acts import ACTS
from integrations.simulators.trustlesswork.bodies import InvalidBody, text
from integrations.simulators.trustlesswork.door import endpoint
from integrations.simulators.trustlesswork.refusals import ApiRefusal

SENT = "The transaction has been successfully sent to the Stellar network."
LOST_META = "Cannot read properties of undefined (reading 'resultMetaXdr')"
MOST_ADDRESSES = 20


@endpoint("POST")
def build(request: HttpRequest, name: str) -> Any:
    """The unsigned transaction for the act called `name`, after a simulated run."""
    act = ACTS[name]
    body = bodies.read(request.body, act.shape)
    _doubt(name)
    call = act.call(body)
    return 201, {"status": "SUCCESS", "unsignedTransaction": builder.unsigned(call)}


@endpoint("POST")
def send_transaction(request: HttpRequest) -> Any:
    signed_xdr = bodies.read(request.body, {"signedXdr": text})["signedXdr"]
    row = _submitted(signed_xdr)
    records.catch_up(row)
    if trouble.spend("result_meta_xdr", about=request.path) is not None:
        return 500, {"statusCode": 500, "message": LOST_META}
    return 201, {"status": "SUCCESS", "message": SENT, **_deployed(row)}


@endpoint("GET")
def escrows_by_contract_ids(request: HttpRequest) -> Any:
    """Only those that are known: an unknown id is left out."""
    asked = request.GET.getlist("contractIds[]")
    if not asked:
        raise InvalidBody("contractIds must be an array")
    from_chain = request.GET.get("validateOnChain") == "true"
    rows = records.on_chain(asked) if from_chain else records.known(asked)
    shown = [records.shown(row) for row in rows]
    if trouble.spend("stale_flags", about=request.path) is not None:
        shown = [records.untouched(row) for row in shown]
    return 200, shown


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


def _doubt(path: str) -> None:
    """Refusals that are not true."""
    if trouble.spend("escrow_not_found", about=path) is not None:
        raise ApiRefusal("Escrow not found")
    if trouble.spend("false_dispute", about=path) is not None:
        raise ApiRefusal("Escrow already in dispute")


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
