"""The operations that this network knows: a new one is a function and a line here."""

from collections.abc import Callable

import stellar_sdk as sdk
from stellar_sdk.operation import Operation

from integrations.simulators.stellar.operations import (
    accounts,
    calls,
    claimable,
    entries,
    issuing,
    options,
    paths,
    payments,
    revocation,
    sponsorship,
    trust,
)
from integrations.simulators.stellar.operations.run import Outcome, Run

# Each is called as `apply(operation, source=…, run=…)` and fails by `run.fail(code)`.
Apply = Callable[..., Outcome]

OPERATIONS: dict[type[Operation], Apply] = {
    sdk.CreateAccount: accounts.create_account,
    sdk.AccountMerge: accounts.merge,
    sdk.BumpSequence: accounts.bump_sequence,
    sdk.SetOptions: options.set_options,
    sdk.ManageData: entries.write,
    sdk.Payment: payments.payment,
    sdk.PathPaymentStrictReceive: paths.strict_receive,
    sdk.PathPaymentStrictSend: paths.strict_send,
    sdk.ChangeTrust: trust.change_trust,
    sdk.SetTrustLineFlags: issuing.set_flags,
    sdk.Clawback: issuing.claw_back,
    sdk.CreateClaimableBalance: claimable.create,
    sdk.ClaimClaimableBalance: claimable.claim,
    sdk.BeginSponsoringFutureReserves: sponsorship.begin,
    sdk.EndSponsoringFutureReserves: sponsorship.end,
    sdk.RevokeSponsorship: revocation.revoke,
    sdk.InvokeHostFunction: calls.invoke,
}

__all__ = ["OPERATIONS", "Apply", "Outcome", "Run"]
