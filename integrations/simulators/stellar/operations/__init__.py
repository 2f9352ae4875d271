"""The operations that this network knows: a new one is a function and a line here."""

from collections.abc import Callable

from stellar_sdk import (
    BeginSponsoringFutureReserves,
    ChangeTrust,
    CreateAccount,
    EndSponsoringFutureReserves,
    InvokeHostFunction,
    Payment,
)
from stellar_sdk.operation import Operation

from integrations.simulators.stellar.operations import accounts, calls, payments, sponsorship, trust
from integrations.simulators.stellar.operations.run import Outcome, Run

# Each is called as `apply(operation, source=…, run=…)` and fails by `run.fail(code)`.
Apply = Callable[..., Outcome]

OPERATIONS: dict[type[Operation], Apply] = {
    CreateAccount: accounts.create_account,
    Payment: payments.payment,
    ChangeTrust: trust.change_trust,
    BeginSponsoringFutureReserves: sponsorship.begin,
    EndSponsoringFutureReserves: sponsorship.end,
    InvokeHostFunction: calls.invoke,
}

__all__ = ["OPERATIONS", "Apply", "Outcome", "Run"]
