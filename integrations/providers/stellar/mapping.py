"""Horizon's words and numbers, turned into ours: amounts are stroops, codes one word."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from stellar_sdk import xdr

from integrations.providers.ports import (
    ChainAccount,
    Fault,
    FeeStats,
    Inclusion,
    Ledger,
    Movement,
)
from integrations.providers.stellar.networks import network
from ledger.money import LARGEST, STROOPS

SUCCESS = "tx_success"
INNER_FAILED = "tx_fee_bump_inner_failed"
MALFORMED = "tx_malformed"
_ONE = "MQ=="  # "1" as account data are told

_PAYMENTS = {"payment", "path_payment_strict_receive", "path_payment_strict_send"}
_WRAPPED = (
    xdr.TransactionResultCode.txFEE_BUMP_INNER_FAILED,
    xdr.TransactionResultCode.txFEE_BUMP_INNER_SUCCESS,
)


_QUEUED = {"PENDING", "TRY_AGAIN_LATER", "DUPLICATE"}

# Horizon's words and those of the stored result, where they differ, side by side.
_FAULTS = {
    "tx_bad_seq": Fault.SEQUENCE_SPENT,
    "tx_too_late": Fault.TOO_LATE,
    "tx_insufficient_fee": Fault.FEE_TOO_LOW,
    "tx_insufficient_balance": Fault.PAYER_LACKS_XLM,
    MALFORMED: Fault.NEVER_VALID,
    "tx_bad_auth": Fault.NEVER_VALID,
    "tx_bad_auth_extra": Fault.NEVER_VALID,
    "tx_missing_operation": Fault.NEVER_VALID,
    "tx_not_supported": Fault.NEVER_VALID,
    "tx_soroban_invalid": Fault.NEVER_VALID,
    "op_underfunded": Fault.SENDER_SHORT,
    "op_src_no_trust": Fault.SENDER_BARRED,
    "op_src_not_authorized": Fault.SENDER_BARRED,
    "op_no_destination": Fault.RECIPIENT_MISSING,
    "op_no_trust": Fault.RECIPIENT_TRUSTS_NOT,
    "op_line_full": Fault.RECIPIENT_FULL,
    "op_not_authorized": Fault.RECIPIENT_BARRED,
    "op_low_reserve": Fault.SPONSOR_SHORT,
    "op_already_exists": Fault.EXISTS_ALREADY,
    "op_already_exist": Fault.EXISTS_ALREADY,
    "function_trapped": Fault.CONTRACT_REFUSED,
    "op_trapped": Fault.CONTRACT_REFUSED,
    "entry_archived": Fault.CONTRACT_ARCHIVED,
    "op_entry_archived": Fault.CONTRACT_ARCHIVED,
    "resource_limit_exceeded": Fault.RESOURCES_EXCEEDED,
    "op_resource_limit_exceeded": Fault.RESOURCES_EXCEEDED,
    "insufficient_refundable_fee": Fault.RESOURCES_EXCEEDED,
    "op_insufficient_refundable_fee": Fault.RESOURCES_EXCEEDED,
}


class Unreadable(Exception):
    """The answer is not what Horizon's reference promises."""


def account(body: Any) -> ChainAccount:
    """Raises `Unreadable`."""
    try:
        lines = body["balances"]
        usdc = [line for line in lines if _is_usdc(line)]
        native = [line for line in lines if line["asset_type"] == "native"]
        return ChainAccount(
            address=str(body["account_id"]),
            sequence=int(body["sequence"]),
            xlm=sum(stroops(line["balance"]) for line in native),
            usdc=sum(stroops(line["balance"]) for line in usdc),
            trusts_usdc=bool(usdc),
            usdc_changed_in=max(
                (int(line.get("last_modified_ledger") or 0) for line in usdc), default=0
            ),
            usdc_room=sum(map(_room, usdc)),
            is_authorised=all(line.get("is_authorized", True) for line in usdc),
            requires_memo=(body.get("data") or {}).get("config.memo_required") == _ONE,
            subentries=int(body.get("subentry_count") or 0),
            sponsoring=int(body.get("num_sponsoring") or 0),
            sponsored=int(body.get("num_sponsored") or 0),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as flaw:
        raise Unreadable(f"no account: {flaw!r}") from flaw


def inclusion(body: Any) -> Inclusion:
    """Raises `Unreadable`."""
    try:
        inner = body.get("inner_transaction") or body
        return Inclusion(
            hash=str(inner["hash"]),
            outer_hash=_outer_hash(body),
            fee_charged=int(body.get("fee_charged") or 0),
            ledger=int(body["ledger"]),
            closed_at=moment(body["created_at"]),
            successful=is_successful(body),
            result_code=SUCCESS if is_successful(body) else result_code(body["result_xdr"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as flaw:
        raise Unreadable(f"no transaction: {flaw!r}") from flaw


def is_successful(body: Any) -> bool:
    """Raises `Unreadable`."""
    if not isinstance(body, dict) or not isinstance(body.get("successful"), bool):
        raise Unreadable("a transaction that neither succeeded nor failed")
    return bool(body["successful"])


def ledger(body: Any) -> Ledger:
    """The newest ledger of Horizon's history, from its root. Raises `Unreadable`."""
    try:
        passphrase = str(body["network_passphrase"])
        newest = int(body["history_latest_ledger"])
        closed_at = moment(body["history_latest_ledger_closed_at"])
    except (KeyError, TypeError, ValueError) as flaw:
        raise Unreadable(f"no ledger: {flaw!r}") from flaw
    if passphrase != network().passphrase:
        raise Unreadable(f"another network answers: {passphrase}")
    return Ledger(sequence=newest, closed_at=closed_at)


def fee_stats(body: Any) -> FeeStats:
    """Raises `Unreadable`."""
    try:
        return FeeStats(most_offered_p95=int(body["max_fee"]["p95"]))
    except (KeyError, TypeError, ValueError) as flaw:
        raise Unreadable(f"no fee statistics: {flaw!r}") from flaw


def movements(body: Any) -> tuple[Movement, ...]:
    """The USDC that a page of operations moved; failed ones move none. Raises `Unreadable`."""
    try:
        done = [it for it in records(body) if it.get("transaction_successful") is not False]
        return tuple(moved for operation in done for moved in _moved_by(operation))
    except (AttributeError, KeyError, TypeError, ValueError) as flaw:
        raise Unreadable(f"no operations: {flaw!r}") from flaw


def fault(code: str) -> Fault | None:
    """Our word for what `refusal` and `result_code` say; None for success, or for nothing said."""
    if code in {"", SUCCESS}:
        return None
    outer, _, inner = code.partition("/")
    return _FAULTS.get(inner or outer, Fault.OTHER)


def queued(body: Any) -> str:
    """What Horizon's asynchronous endpoint says of a transaction that it has not seen included."""
    word = body.get("tx_status", "") if isinstance(body, dict) else ""
    return word if word in _QUEUED else ""


def refusal(body: Any) -> str:
    """Why a submission was refused: `tx_bad_seq`, `tx_failed/op_underfunded`; empty if unsaid.

    For a fee bump the inner transaction's word counts.
    """
    if not isinstance(body, dict):
        return ""
    if str(body.get("type", "")).endswith("transaction_malformed"):
        return MALFORMED
    if body.get("tx_status") == "ERROR":
        return _read_result(body.get("error_result_xdr"))
    codes = (body.get("extras") or {}).get("result_codes") or {}
    outer, inner = codes.get("transaction", ""), codes.get("inner_transaction", "")
    word = inner if outer == INNER_FAILED and inner else outer
    failed = [code for code in codes.get("operations") or () if code != "op_success"]
    return "/".join([word, *failed[:1]]) if word else ""


def result_code(result_xdr: str) -> str:
    """The same word from a stored result."""
    result = xdr.TransactionResult.from_xdr(result_xdr).result
    if result.code in _WRAPPED and result.inner_result_pair is not None:
        inner = result.inner_result_pair.result.result
        return _word(inner.code, inner.results)
    return _word(result.code, result.results)


def stroops(text: object) -> int:
    """Horizon's decimal string as whole stroops. Raises `ValueError` unless it is exact."""
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no amount")
    try:
        scaled = Decimal(text).scaleb(STROOPS)
    except InvalidOperation as flaw:
        raise ValueError(f"{text!r} is no amount") from flaw
    if not scaled.is_finite() or scaled != (amount := int(scaled)) or not 0 <= amount <= LARGEST:
        raise ValueError(f"{text!r} is no amount")
    return amount


def records(body: Any) -> list[Any]:
    """The records of a page. Raises `KeyError`, `TypeError`."""
    found: list[Any] = body["_embedded"]["records"]
    return found


def moment(text: str) -> datetime:
    """Raises `ValueError` unless it has a time zone."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return found


def _read_result(result_xdr: object) -> str:
    try:
        return result_code(str(result_xdr))
    except Exception:  # the parser fails on hostile bytes in more ways than it documents
        return ""


def _outer_hash(body: Any) -> str:
    """Horizon repeats the hash that it was asked for as `hash`, and names the other one beside."""
    wrapper = body.get("fee_bump_transaction") or {}
    if "hash" in wrapper:
        return str(wrapper["hash"])
    return str(body["hash"]) if body.get("inner_transaction") else ""


def _moved_by(operation: Any) -> Iterator[Movement]:
    changes = [operation] if operation["type"] in _PAYMENTS else _changes(operation)
    for index, change in enumerate(changes):
        if _is_usdc(change):
            yield Movement(
                operation_id=str(operation["id"]),
                index=index,
                source=change.get("from") or "",  # nobody, where the issuer mints
                target=change.get("to") or "",  # nobody, where the issuer takes it back
                amount=stroops(change["amount"]),
            )


def _changes(operation: Any) -> list[Any]:
    return list(operation.get("asset_balance_changes") or ())


def _is_usdc(line: Any) -> bool:
    usdc = network().usdc
    return (line.get("asset_code"), line.get("asset_issuer")) == (usdc.code, usdc.issuer)


def _room(line: Any) -> int:
    """Offers to buy lay claim to it as well."""
    full = stroops(line["balance"]) + stroops(line.get("buying_liabilities", "0"))
    return (stroops(line["limit"]) if "limit" in line else LARGEST) - full


def _word(code: xdr.TransactionResultCode, results: list[xdr.OperationResult] | None) -> str:
    word = "tx_" + code.name.removeprefix("tx").lower()
    failed = [name for result in results or () if (name := _operation_word(result))]
    return "/".join([word, *failed[:1]])


def _operation_word(result: xdr.OperationResult) -> str:
    """Empty for an operation that succeeded."""
    if result.tr is None:
        return "op_" + result.code.name.removeprefix("op").lower()
    arms = (value for name, value in vars(result.tr).items() if name.endswith("_result"))
    arm = next(value for value in arms if value is not None)
    if arm.code.value == 0:
        return ""
    return "op_" + str(arm.code.name).removeprefix(f"{result.tr.type.name}_").lower()
