"""Result codes: their XDR, and the words in which Horizon repeats them."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from stellar_sdk import xdr
from stellar_sdk.operation import Operation
from stellar_sdk.xdr import OperationType as Type
from stellar_sdk.xdr import TransactionResultCode

Code = IntEnum

# Of each operation's result: the arm of the union, and the prefix that Horizon leaves out.
_FAMILIES: dict[type[IntEnum], tuple[Type, str, Any, str]] = {
    xdr.CreateAccountResultCode: (
        Type.CREATE_ACCOUNT,
        "create_account_result",
        xdr.CreateAccountResult,
        "CREATE_ACCOUNT_",
    ),
    xdr.PaymentResultCode: (Type.PAYMENT, "payment_result", xdr.PaymentResult, "PAYMENT_"),
    xdr.ChangeTrustResultCode: (
        Type.CHANGE_TRUST,
        "change_trust_result",
        xdr.ChangeTrustResult,
        "CHANGE_TRUST_",
    ),
    xdr.BeginSponsoringFutureReservesResultCode: (
        Type.BEGIN_SPONSORING_FUTURE_RESERVES,
        "begin_sponsoring_future_reserves_result",
        xdr.BeginSponsoringFutureReservesResult,
        "BEGIN_SPONSORING_FUTURE_RESERVES_",
    ),
    xdr.EndSponsoringFutureReservesResultCode: (
        Type.END_SPONSORING_FUTURE_RESERVES,
        "end_sponsoring_future_reserves_result",
        xdr.EndSponsoringFutureReservesResult,
        "END_SPONSORING_FUTURE_RESERVES_",
    ),
    xdr.InvokeHostFunctionResultCode: (
        Type.INVOKE_HOST_FUNCTION,
        "invoke_host_function_result",
        xdr.InvokeHostFunctionResult,
        "INVOKE_HOST_FUNCTION_",
    ),
}

_HORIZON_SAYS = {
    "txNO_ACCOUNT": "tx_no_source_account",
    "opNO_ACCOUNT": "op_no_source_account",
    "CREATE_ACCOUNT_ALREADY_EXIST": "op_already_exists",
    "INVOKE_HOST_FUNCTION_TRAPPED": "function_trapped",
}


def transaction_name(code: TransactionResultCode) -> str:
    return _HORIZON_SAYS.get(code.name, f"tx_{code.name[2:].lower()}")


def operation_name(code: Code) -> str:
    if code.name in _HORIZON_SAYS:
        return _HORIZON_SAYS[code.name]
    if isinstance(code, xdr.OperationResultCode):
        return f"op_{code.name[2:].lower()}"
    return f"op_{code.name.removeprefix(_FAMILIES[type(code)][3]).lower()}"


def operation_result(code: Code, **members: Any) -> xdr.OperationResult:
    """The result of one operation; `members` belong to the arm, as a call's hash does."""
    if isinstance(code, xdr.OperationResultCode):
        return xdr.OperationResult(code)
    type_, arm, result, _ = _FAMILIES[type(code)]
    answer = xdr.OperationResultTr(type_, **{arm: result(code, **members)})
    return xdr.OperationResult(xdr.OperationResultCode.opINNER, tr=answer)


def untried(operation: Operation) -> Code:
    """What core reports for an operation that was well-formed, and not at fault: its success."""
    kind = operation.to_xdr_object().body.type
    for codes, (type_, *_) in _FAMILIES.items():
        if type_ is kind:
            return codes(0)
    return xdr.OperationResultCode.opNOT_SUPPORTED


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
