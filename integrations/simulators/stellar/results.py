"""Result codes: their XDR, and the words in which Horizon repeats them."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, cast

from stellar_sdk import xdr
from stellar_sdk.operation import Operation
from stellar_sdk.xdr import OperationType as Type
from stellar_sdk.xdr import TransactionResultCode

Code = IntEnum

_KINDS = (
    Type.CREATE_ACCOUNT,
    Type.PAYMENT,
    Type.PATH_PAYMENT_STRICT_RECEIVE,
    Type.PATH_PAYMENT_STRICT_SEND,
    Type.SET_OPTIONS,
    Type.CHANGE_TRUST,
    Type.ACCOUNT_MERGE,
    Type.MANAGE_DATA,
    Type.BUMP_SEQUENCE,
    Type.CREATE_CLAIMABLE_BALANCE,
    Type.CLAIM_CLAIMABLE_BALANCE,
    Type.BEGIN_SPONSORING_FUTURE_RESERVES,
    Type.END_SPONSORING_FUTURE_RESERVES,
    Type.REVOKE_SPONSORSHIP,
    Type.CLAWBACK,
    Type.SET_TRUST_LINE_FLAGS,
    Type.INVOKE_HOST_FUNCTION,
)


def _named(kind: Type, ending: str) -> Any:
    return getattr(xdr, kind.name.title().replace("_", "") + ending)


# Of each operation's codes: whose they are.
_KIND_OF: dict[type[IntEnum], Type] = {_named(kind, "ResultCode"): kind for kind in _KINDS}

_NOBODY = xdr.AccountID(
    xdr.PublicKey(xdr.PublicKeyType.PUBLIC_KEY_TYPE_ED25519, xdr.Uint256(bytes(32)))
)
_NOTHING = xdr.SimplePaymentResult(_NOBODY, xdr.Asset(xdr.AssetType(0)), xdr.Int64(0))
# What stands in the result of an operation that was not tried.
_BLANK: dict[Type, dict[str, Any]] = {
    Type.PATH_PAYMENT_STRICT_RECEIVE: {
        "success": xdr.PathPaymentStrictReceiveResultSuccess([], _NOTHING)
    },
    Type.PATH_PAYMENT_STRICT_SEND: {
        "success": xdr.PathPaymentStrictSendResultSuccess([], _NOTHING)
    },
    Type.ACCOUNT_MERGE: {"source_account_balance": xdr.Int64(0)},
    Type.CREATE_CLAIMABLE_BALANCE: {
        "balance_id": xdr.ClaimableBalanceID(xdr.ClaimableBalanceIDType(0), xdr.Hash(bytes(32)))
    },
    Type.INVOKE_HOST_FUNCTION: {"success": xdr.Hash(bytes(32))},
}

_HORIZON_SAYS = {
    "txNO_ACCOUNT": "tx_no_source_account",
    "opNO_ACCOUNT": "op_no_source_account",
    "CREATE_ACCOUNT_ALREADY_EXIST": "op_already_exists",
    "PATH_PAYMENT_STRICT_RECEIVE_OFFER_CROSS_SELF": "op_cross_self",
    "PATH_PAYMENT_STRICT_RECEIVE_OVER_SENDMAX": "op_over_source_max",
    "PATH_PAYMENT_STRICT_SEND_OFFER_CROSS_SELF": "op_cross_self",
    "PATH_PAYMENT_STRICT_SEND_UNDER_DESTMIN": "op_under_dest_min",
    "ACCOUNT_MERGE_SEQNUM_TOO_FAR": "op_seq_num_too_far",
    "MANAGE_DATA_NAME_NOT_FOUND": "op_data_name_not_found",
    "MANAGE_DATA_INVALID_NAME": "op_data_invalid_name",
    "SET_TRUST_LINE_FLAGS_NO_TRUST_LINE": "op_no_trustline",
    "INVOKE_HOST_FUNCTION_ENTRY_ARCHIVED": "entry_archived",
    "INVOKE_HOST_FUNCTION_TRAPPED": "function_trapped",
}


def transaction_name(code: TransactionResultCode) -> str:
    return _HORIZON_SAYS.get(code.name, f"tx_{code.name[2:].lower()}")


def operation_name(code: Code) -> str:
    if code.name in _HORIZON_SAYS:
        return _HORIZON_SAYS[code.name]
    if isinstance(code, xdr.OperationResultCode):
        return f"op_{code.name[2:].lower()}"
    return f"op_{code.name.removeprefix(_KIND_OF[type(code)].name + '_').lower()}"


def operation_result(code: Code, **members: Any) -> xdr.OperationResult:
    """The result of one operation; `members` belong to the arm, as a call's hash does."""
    if isinstance(code, xdr.OperationResultCode):
        return xdr.OperationResult(code)
    kind = _KIND_OF[type(code)]
    arm = "bump_seq_result" if kind is Type.BUMP_SEQUENCE else f"{kind.name.lower()}_result"
    said = members or (_BLANK.get(kind, {}) if not code else {})
    answer = xdr.OperationResultTr(kind, **{arm: _named(kind, "Result")(code, **said)})
    return xdr.OperationResult(xdr.OperationResultCode.opINNER, tr=answer)


def untried(operation: Operation) -> Code:
    """What core reports for an operation that was well-formed, and not at fault: its success."""
    kind = operation.to_xdr_object().body.type
    if kind not in _KINDS:
        return xdr.OperationResultCode.opNOT_SUPPORTED
    return cast("Code", _named(kind, "ResultCode")(0))


def transaction_result(
    code: TransactionResultCode,
    *,
    fee_charged: int = 0,
    operations: Sequence[xdr.OperationResult] | None = None,
) -> str:
    """The result of a plain transaction, as base64 XDR."""
    body = xdr.TransactionResultResult(code, results=_listed(code, operations))
    return xdr.TransactionResult(xdr.Int64(fee_charged), body, xdr.TransactionResultExt(0)).to_xdr()


def bumped_result(
    code: TransactionResultCode,
    *,
    inner_hash: str,
    fee_charged: int = 0,
    operations: Sequence[xdr.OperationResult] | None = None,
) -> str:
    """The result of a fee bump whose inner transaction ended with `code`, as base64 XDR."""
    inner = xdr.InnerTransactionResult(
        xdr.Int64(0),
        xdr.InnerTransactionResultResult(code, results=_listed(code, operations)),
        xdr.InnerTransactionResultExt(0),
    )
    body = xdr.TransactionResultResult(
        bumped_code(code),
        inner_result_pair=xdr.InnerTransactionResultPair(
            xdr.Hash(bytes.fromhex(inner_hash)), inner
        ),
    )
    return xdr.TransactionResult(xdr.Int64(fee_charged), body, xdr.TransactionResultExt(0)).to_xdr()


def bumped_code(inner: TransactionResultCode) -> TransactionResultCode:
    if inner is TransactionResultCode.txSUCCESS:
        return TransactionResultCode.txFEE_BUMP_INNER_SUCCESS
    return TransactionResultCode.txFEE_BUMP_INNER_FAILED


def _listed(
    code: TransactionResultCode, operations: Sequence[xdr.OperationResult] | None
) -> list[xdr.OperationResult] | None:
    carries_results = code in (TransactionResultCode.txSUCCESS, TransactionResultCode.txFAILED)
    return list(operations or []) if carries_results else None
