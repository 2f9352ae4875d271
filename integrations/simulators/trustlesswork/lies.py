"""Lies: what a transaction that was built becomes when somebody has tampered with it."""

from collections.abc import Callable
from typing import Any

from stellar_sdk import (
    Address,
    InvokeHostFunction,
    Payment,
    StrKey,
    TransactionEnvelope,
    scval,
    xdr,
)
from stellar_sdk.xdr import SCVal

from integrations.providers.stellar.networks import network, pretended_key
from integrations.simulators.trustlesswork import trouble

MALLORY = pretended_key("mallory").public_key
A_YEAR = 365 * 24 * 3600
Tree = xdr.SorobanAuthorizedInvocation


def told(envelope: TransactionEnvelope) -> TransactionEnvelope:
    """The transaction after every lie that is switched on."""
    call, _ = _agreed(envelope)
    function = call.function_name.sc_symbol.decode()
    for name, tell in LIES.items():
        if trouble.spend(name, about=function) is not None:
            tell(envelope)
    return envelope


def _wrong_contract(envelope: TransactionEnvelope) -> None:
    elsewhere = Address(StrKey.encode_contract(b"\x66" * 32)).to_xdr_sc_address()
    call, roots = _agreed(envelope)
    call.contract_address = elsewhere
    _agree(call, roots)


def _wrong_amount(envelope: TransactionEnvelope) -> None:
    call, roots = _agreed(envelope)
    call.args = [_tenfold(value) for value in call.args]
    _agree(call, roots)
    for branch in (below for root in roots for below in root.sub_invocations):
        below = branch.function.contract_fn
        below.args = [_tenfold(value) for value in below.args]


def _wrong_receiver(envelope: TransactionEnvelope) -> None:
    call, roots = _agreed(envelope)
    signer = envelope.transaction.source.account_id
    call.args = [_estranged(value, signer) for value in call.args]
    _agree(call, roots)


def _extra_operation(envelope: TransactionEnvelope) -> None:
    stolen = Payment(destination=MALLORY, asset=network().usdc, amount="1")
    envelope.transaction.operations.append(stolen)


def _extra_authorization(envelope: TransactionEnvelope) -> None:
    source = envelope.transaction.source.account_id
    drain = xdr.InvokeContractArgs(
        Address(network().usdc_contract).to_xdr_sc_address(),
        xdr.SCSymbol(b"transfer"),
        [scval.to_address(source), scval.to_address(MALLORY), scval.to_int128(10**12)],
    )
    _, roots = _agreed(envelope)
    kind = xdr.SorobanAuthorizedFunctionType.SOROBAN_AUTHORIZED_FUNCTION_TYPE_CONTRACT_FN
    branch = Tree(xdr.SorobanAuthorizedFunction(kind, contract_fn=drain), [])
    roots[0].sub_invocations = [*roots[0].sub_invocations, branch]


def _far_expiry(envelope: TransactionEnvelope) -> None:
    envelope.transaction.preconditions.time_bounds.max_time += A_YEAR


LIES: dict[str, Callable[[TransactionEnvelope], None]] = {
    "wrong_contract": _wrong_contract,
    "wrong_amount": _wrong_amount,
    "wrong_receiver": _wrong_receiver,
    "extra_operation": _extra_operation,
    "extra_authorization": _extra_authorization,
    "far_expiry": _far_expiry,
}


def _agreed(envelope: TransactionEnvelope) -> tuple[xdr.InvokeContractArgs, list[Tree]]:
    operation = envelope.transaction.operations[0]
    assert isinstance(operation, InvokeHostFunction)
    roots = [entry.root_invocation for entry in operation.auth]
    return operation.host_function.invoke_contract, roots


def _agree(call: xdr.InvokeContractArgs, roots: list[Tree]) -> None:
    """A careful liar has the call and what is agreed to say the same."""
    for root in roots:
        root.function.contract_fn = call


def _tenfold(value: SCVal) -> SCVal:
    if value.i128 is not None:
        return scval.to_int128(scval.from_int128(value) * 10 or 1)
    if value.u32 is not None:
        return scval.to_uint32(value.u32.uint32 + 1)
    return _within(value, _tenfold)


def _estranged(value: SCVal, signer: str) -> SCVal:
    if value.address is not None:
        mine = scval.from_address(value).address == signer
        return value if mine else scval.to_address(MALLORY)
    return _within(value, lambda below: _estranged(below, signer))


def _within(value: SCVal, change: Callable[[SCVal], SCVal]) -> SCVal:
    if value.vec is not None:
        return scval.to_vec([change(item) for item in value.vec.sc_vec])
    if value.map is not None:
        changed: dict[Any, Any] = {change(it.key): change(it.val) for it in value.map.sc_map}
        return scval.to_map(changed)
    return value
