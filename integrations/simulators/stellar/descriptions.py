"""Operations in Horizon's words: the members that each type adds to the common ones."""

from collections.abc import Callable
from typing import Any

from stellar_sdk import (
    Address,
    Asset,
    BeginSponsoringFutureReserves,
    ChangeTrust,
    CreateAccount,
    EndSponsoringFutureReserves,
    InvokeHostFunction,
    Payment,
    scval,
)
from stellar_sdk.operation import Operation
from stellar_sdk.xdr import SCVal

from integrations.simulators.stellar.amounts import as_amount, as_asset, to_stroops
from integrations.simulators.stellar.envelopes import Envelope


def type_of(operation: Operation) -> tuple[str, int]:
    """The type's name and number."""
    kind = operation.to_xdr_object().body.type
    return kind.name.lower(), kind.value


def describe(
    operation: Operation, *, source: str, place: int, envelope: Envelope
) -> dict[str, Any]:
    """`place` counts the operations of the envelope from 1."""
    if isinstance(operation, EndSponsoringFutureReserves):
        return {"begin_sponsor": _sponsor_of(source, place, envelope)}
    description = _DESCRIPTIONS.get(type(operation))
    return description(operation, source) if description else {}


def _create_account(operation: CreateAccount, source: str) -> dict[str, Any]:
    return {
        "starting_balance": as_amount(to_stroops(operation.starting_balance)),
        "funder": source,
        "account": operation.destination,
    }


def _payment(operation: Payment, source: str) -> dict[str, Any]:
    target = operation.destination
    muxed = {"to_muxed": target.account_muxed, "to_muxed_id": str(target.account_muxed_id)}
    return {
        **as_asset(operation.asset),
        "from": source,
        "to": target.account_id,
        **(muxed if target.account_muxed else {}),
        "amount": as_amount(to_stroops(operation.amount)),
    }


def _change_trust(operation: ChangeTrust, source: str) -> dict[str, Any]:
    assert isinstance(operation.asset, Asset)  # shares in pools are refused before
    return {
        **as_asset(operation.asset),
        "limit": as_amount(to_stroops(operation.limit)),
        "trustee": operation.asset.issuer,
        "trustor": source,
    }


def _begin_sponsoring(operation: BeginSponsoringFutureReserves, _source: str) -> dict[str, Any]:
    return {"sponsored_id": operation.sponsored_id}


def _contract_call(operation: InvokeHostFunction, _source: str) -> dict[str, Any]:
    call = operation.host_function.invoke_contract
    if call is None:
        return {"function": operation.host_function.type.name}
    address = Address.from_xdr_sc_address(call.contract_address).to_xdr_sc_val()
    name = scval.to_symbol(call.function_name.sc_symbol.decode())
    return {
        "function": "HostFunctionTypeHostFunctionTypeInvokeContract",
        "parameters": [_parameter(each) for each in (address, name, *call.args)],
        "address": "",
        "salt": "",
    }


def _parameter(value: SCVal) -> dict[str, str]:
    kind = value.type.name.removeprefix("SCV_")
    return {"type": {"SYMBOL": "Sym"}.get(kind, kind.title()), "value": value.to_xdr()}


def _sponsor_of(source: str, place: int, envelope: Envelope) -> str:
    """Who began the sponsorship that the operation at `place` ends."""
    sponsor = ""
    for operation in envelope.transaction.operations[: place - 1]:
        if (
            isinstance(operation, BeginSponsoringFutureReserves)
            and operation.sponsored_id == source
        ):
            sponsor = operation.source.account_id if operation.source else envelope.source
    return sponsor


_DESCRIPTIONS: dict[type[Operation], Callable[[Any, str], dict[str, Any]]] = {
    CreateAccount: _create_account,
    Payment: _payment,
    ChangeTrust: _change_trust,
    BeginSponsoringFutureReserves: _begin_sponsoring,
    InvokeHostFunction: _contract_call,
}
