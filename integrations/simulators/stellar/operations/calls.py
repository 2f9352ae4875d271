"""Contract calls."""

import hashlib

from stellar_sdk import InvokeHostFunction, xdr
from stellar_sdk.xdr import InvokeHostFunctionResultCode as Code

from integrations.simulators.stellar import faults
from integrations.simulators.stellar.contracts.authorization import Submitted
from integrations.simulators.stellar.contracts.calls import Trap
from integrations.simulators.stellar.contracts.host import Host
from integrations.simulators.stellar.operations.run import Outcome, Run, fail


def invoke(operation: InvokeHostFunction, *, source: str, run: Run) -> Outcome:
    call = operation.host_function.invoke_contract
    if call is None:  # uploading and creating contracts is not pretended
        fail(xdr.OperationResultCode.opNOT_SUPPORTED)
    if faults.spend(faults.ENTRY_ARCHIVED):
        fail(Code.INVOKE_HOST_FUNCTION_ENTRY_ARCHIVED)
    host = Host(state=run.state, authorization=Submitted(operation.auth, source=source))
    try:
        answer = host.invoke(call)
    except Trap:
        fail(Code.INVOKE_HOST_FUNCTION_TRAPPED)
    digest = xdr.Hash(hashlib.sha256(answer.to_xdr_bytes()).digest())
    return Outcome(
        Code.INVOKE_HOST_FUNCTION_SUCCESS,
        members={"success": digest},
        balance_changes=tuple(host.balance_changes),
    )
