"""What an issuer does to those who hold its asset: admits, locks, and takes back."""

from stellar_sdk import Clawback, SetTrustLineFlags
from stellar_sdk.xdr import ClawbackResultCode as Taken
from stellar_sdk.xdr import SetTrustLineFlagsResultCode as Code

from integrations.simulators.models import StellarAccount, StellarTrustline
from integrations.simulators.stellar import holdings
from integrations.simulators.stellar.amounts import to_stroops
from integrations.simulators.stellar.operations.run import Outcome, Run, fail

Flag = StellarTrustline.Flag
_ADMITTED = Flag.AUTHORIZED | Flag.AUTHORIZED_TO_MAINTAIN_LIABILITIES


def set_flags(operation: SetTrustLineFlags, *, source: str, run: Run) -> Outcome:
    added, removed = int(operation.set_flags or 0), int(operation.clear_flags or 0)
    asset, is_own = operation.asset, operation.asset.issuer == source
    if not is_own or operation.trustor == source or added & (removed | Flag.CLAWBACK_ENABLED):
        fail(Code.SET_TRUST_LINE_FLAGS_MALFORMED)
    line = run.state.trustline(operation.trustor, asset)
    if line is None:
        fail(Code.SET_TRUST_LINE_FLAGS_NO_TRUST_LINE)
    after = (line.flags & ~removed) | added
    if after & _ADMITTED == _ADMITTED:
        fail(Code.SET_TRUST_LINE_FLAGS_INVALID_STATE)
    is_revocable = run.source_account(source).flags & StellarAccount.Flag.AUTH_REVOCABLE
    if not is_revocable and _rank(after) < _rank(line.flags):
        fail(Code.SET_TRUST_LINE_FLAGS_CANT_REVOKE)
    line.flags = after
    return Outcome(Code.SET_TRUST_LINE_FLAGS_SUCCESS)


def claw_back(operation: Clawback, *, source: str, run: Run) -> Outcome:
    holder, asset = operation.from_.account_id, operation.asset
    amount = to_stroops(operation.amount)
    if asset.is_native() or asset.issuer != source or holder == source or amount <= 0:
        fail(Taken.CLAWBACK_MALFORMED)
    if not holdings.can_be_clawed_back(run.state, holder=holder, asset=asset):
        fail(Taken.CLAWBACK_NOT_CLAWBACK_ENABLED)
    try:
        holdings.take_back(run.state, holder=holder, asset=asset, amount=amount)
    except holdings.CannotMove as refusal:
        is_missing = refusal.obstacle is holdings.Obstacle.NO_TRUST
        fail(Taken.CLAWBACK_NO_TRUST if is_missing else Taken.CLAWBACK_UNDERFUNDED)
    return Outcome(Taken.CLAWBACK_SUCCESS)


def _rank(flags: int) -> int:
    """How much the holder may do: everything, keep offers, nothing."""
    return 2 if flags & Flag.AUTHORIZED else bool(flags & Flag.AUTHORIZED_TO_MAINTAIN_LIABILITIES)
