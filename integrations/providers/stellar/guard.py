"""The guard: what others built for us is signed only if it is, byte for byte, what we meant.

We build the expected call and everything that the signature would permit from our own intent and
compare. Nothing of the received transaction is trusted but the salt of a deployment, from which
we compute where the contract will be.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from stellar_sdk import StrKey, TransactionEnvelope, xdr

from integrations.providers.intents import DeployEscrow, EscrowIntent
from integrations.providers.stellar.invocations import (
    arguments_of,
    authorisation_of,
    deployed_contract,
)
from integrations.providers.stellar.networks import Network, network
from integrations.providers.stellar.unsigned import Unsigned
from integrations.providers.trustlesswork import abi

MOST_CHARACTERS = 64_000
MOST_FEE = 20_000_000  # stroops of XLM, the resource fee included
SHORTEST_LIFE = timedelta(seconds=5)
LONGEST_LIFE = timedelta(minutes=10)
SALT_BYTES = 32


class Tampered(Exception):
    """The transaction is not what we asked for; the message says where it differs."""


@dataclass(frozen=True, slots=True)
class _Received:
    """What the only operation of a transaction calls, and what it authorises."""

    call: xdr.InvokeContractArgs
    authorisations: list[xdr.SorobanAuthorizationEntry]


class _Encoded(Protocol):
    def to_xdr_bytes(self) -> bytes: ...


def check(envelope_xdr: str, intent: EscrowIntent, *, sequence: int, now: datetime) -> Unsigned:
    """The transaction, found to do `intent` and nothing else. Raises `Tampered`.

    `sequence` is the number that the signer's next transaction has to carry.
    """
    ours = network()
    envelope, transaction = _parse(envelope_xdr)
    received = _single_call(transaction, signer=intent.signer)
    salt = _salt(received.call) if isinstance(intent, DeployEscrow) else b""
    expected = abi.call(intent, network=ours, salt=salt)
    _require_same_call(received.call, arguments_of(expected))
    _require_same_authorisation(received.authorisations, authorisation_of(expected))
    _require_nothing_besides(transaction, sequence)
    max_time = _require_bounds(transaction, now)
    return Unsigned(
        envelope=TransactionEnvelope.from_xdr_object(envelope, ours.passphrase),
        max_time=max_time,
        contract_id=_contract(ours, salt),
    )


def _parse(envelope_xdr: str) -> tuple[xdr.TransactionEnvelope, xdr.Transaction]:
    _require(len(envelope_xdr) <= MOST_CHARACTERS, "it is too large")
    try:
        envelope = xdr.TransactionEnvelope.from_xdr(envelope_xdr)
    except Exception as flaw:  # the parser fails on hostile bytes in more ways than it documents
        raise Tampered(f"it is no transaction: {type(flaw).__name__}") from flaw
    if (plain := envelope.v1) is None:
        raise Tampered("it is not a plain transaction")
    _require(not plain.signatures, "somebody has signed it already")
    _require(envelope.to_xdr() == envelope_xdr, "it does not read back as it was written")
    return envelope, plain.tx


def _single_call(transaction: xdr.Transaction, *, signer: str) -> _Received:
    account = _account(signer)
    _require(_same(transaction.source_account, account), "its source is not our account")
    _require(len(transaction.operations) == 1, "it does not have exactly one operation")
    operation = transaction.operations[0]
    _require(
        operation.source_account is None or _same(operation.source_account, account),
        "its operation has another source",
    )
    if (invoked := operation.body.invoke_host_function_op) is None:
        raise Tampered("its operation is not a contract call")
    if (call := invoked.host_function.invoke_contract) is None:
        raise Tampered("its operation does not call a contract but makes one")
    return _Received(call, list(invoked.auth))


def _salt(call: xdr.InvokeContractArgs) -> bytes:
    given = call.args[abi.SALT_PLACE] if len(call.args) > abi.SALT_PLACE else None
    salt = given.bytes.sc_bytes if given is not None and given.bytes is not None else b""
    _require(len(salt) == SALT_BYTES, "it deploys without a salt of 32 bytes")
    return bytes(salt)


def _contract(ours: Network, salt: bytes) -> str:
    return deployed_contract(ours, salt=salt) if salt else ""


def _require_same_call(given: xdr.InvokeContractArgs, expected: xdr.InvokeContractArgs) -> None:
    _require(_same(given.contract_address, expected.contract_address), "it calls another contract")
    _require(_same(given.function_name, expected.function_name), "it calls another function")
    _require(_same(given, expected), "its arguments are not those of the order")


def _require_same_authorisation(
    given: list[xdr.SorobanAuthorizationEntry], expected: xdr.SorobanAuthorizationEntry
) -> None:
    # A source-account signature permits the whole tree, so an added branch could drain the account.
    _require(len(given) == 1, "it does not carry exactly one authorisation")
    _require(_same(given[0], expected), "it authorises something else or something more")


def _require_nothing_besides(transaction: xdr.Transaction, sequence: int) -> None:
    _require(transaction.memo.type is xdr.MemoType.MEMO_NONE, "it carries a memo")
    given = transaction.seq_num.sequence_number.int64
    _require(given == sequence, f"its sequence number is {given}, not {sequence}")
    _require(transaction.fee.uint32 <= MOST_FEE, "its fee is above our cap")
    soroban = transaction.ext.soroban_data
    _require(
        soroban is None or 0 <= soroban.resource_fee.int64 <= MOST_FEE,
        "its resource fee is above our cap",
    )


def _require_bounds(transaction: xdr.Transaction, now: datetime) -> datetime:
    if (bounds := transaction.cond.time_bounds) is None:
        raise Tampered("it has no time bounds, or conditions beside them")
    opens, closes = bounds.min_time.time_point.uint64, bounds.max_time.time_point.uint64
    _require(opens <= now.timestamp(), "it is not valid yet")
    earliest, latest = now + SHORTEST_LIFE, now + LONGEST_LIFE
    _require(earliest.timestamp() <= closes, "it has expired, or never expires")
    _require(closes <= latest.timestamp(), "it stays valid for too long")
    return datetime.fromtimestamp(closes, UTC)


def _account(address: str) -> xdr.MuxedAccount:
    key = xdr.Uint256(StrKey.decode_ed25519_public_key(address))
    return xdr.MuxedAccount(xdr.CryptoKeyType.KEY_TYPE_ED25519, ed25519=key)


def _same(given: _Encoded, expected: _Encoded) -> bool:
    return given.to_xdr_bytes() == expected.to_xdr_bytes()


def _require(holds: object, otherwise: str) -> None:
    if not holds:
        raise Tampered(otherwise)
