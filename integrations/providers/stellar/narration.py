"""A signed transaction in plain words, and where the network's explorer shows it."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from stellar_sdk import Address as ContractAddress
from stellar_sdk import (
    BeginSponsoringFutureReserves,
    ChangeTrust,
    CreateAccount,
    FeeBumpTransactionEnvelope,
    InvokeHostFunction,
    Payment,
    TransactionBuilder,
    scval,
)
from stellar_sdk.xdr import SCValType

from integrations.providers.stellar.networks import network
from ledger import money

_EXPLORERS = {
    "public": "https://stellar.expert/explorer/public/tx/",
    "testnet": "https://stellar.expert/explorer/testnet/tx/",
}
_LONGEST = 90  # characters of one argument


def explorer(tx_hash: str) -> str:
    """The address of its page; empty on the simulated network, which no explorer knows."""
    place = _EXPLORERS.get(settings.STELLAR_NETWORK)
    return f"{place}{tx_hash}" if place and tx_hash else ""


def words(envelope_xdr: str) -> list[str]:
    """What the transaction does, a line per operation; one line that says so if it is no XDR."""
    try:
        envelope = TransactionBuilder.from_xdr(envelope_xdr, network().passphrase)
        return list(_lines(envelope))
    except Exception as error:
        return [f"cannot be decoded ({type(error).__name__})"]


def _lines(envelope: Any) -> Iterator[str]:
    is_bump = isinstance(envelope, FeeBumpTransactionEnvelope)
    inner = envelope.transaction.inner_transaction_envelope if is_bump else envelope
    transaction = inner.transaction
    memo = getattr(transaction.memo, "memo_text", None) or getattr(transaction.memo, "memo_id", "")
    told = memo.decode("utf-8", "replace") if isinstance(memo, bytes) else str(memo)
    with_memo = f", memo “{told}”" if told else ""
    yield f"from {transaction.source.account_id}, number {transaction.sequence}{with_memo}"
    for operation in transaction.operations:
        yield _operation(operation)


def _operation(operation: Any) -> str:
    match operation:
        case Payment():
            to, asset = operation.destination.account_id, operation.asset.code
            told = f"pays {operation.amount} {asset} to {to}"
        case CreateAccount():
            told = f"opens {operation.destination} with {operation.starting_balance} XLM"
        case ChangeTrust():
            told = f"trusts {getattr(operation.asset, 'code', 'an asset')}"
        case BeginSponsoringFutureReserves():
            told = f"pays the reserves of {operation.sponsored_id}"
        case InvokeHostFunction():
            told = _call(operation.host_function)
        case _:
            told = f"does {type(operation).__name__}"
    return told


def _call(function: Any) -> str:
    call = function.invoke_contract
    if call is None:
        return "runs a host function that is no contract call"
    where = ContractAddress.from_xdr_sc_address(call.contract_address).address
    given = ", ".join(_argument(value) for value in call.args)
    return f"calls {call.function_name.sc_symbol.decode()} of {where} with ({given})"


def _argument(value: Any) -> str:
    native = scval.to_native(value)
    if isinstance(native, int) and value.type == SCValType.SCV_I128:
        return money.text(native)  # nothing else is so large a number
    text = _plain(native)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _plain(native: Any) -> str:
    """Structures with the addresses in them readable."""
    if isinstance(native, ContractAddress):
        return str(native.address)
    if isinstance(native, bytes):
        return native.hex()
    if isinstance(native, dict):
        return "{" + ", ".join(f"{_plain(k)}: {_field(k, v)}" for k, v in native.items()) + "}"
    if isinstance(native, list | tuple):
        return "[" + ", ".join(map(_plain, native)) + "]"
    return str(native)


def _field(name: Any, value: Any) -> str:
    """Stroops are told as everywhere else: in dollars."""
    is_amount = name == "amount" and isinstance(value, int)
    return money.text(value) if is_amount else _plain(value)
