"""Trustlines: which assets an account accepts."""

from stellar_sdk import Asset, ChangeTrust
from stellar_sdk.xdr import ChangeTrustResultCode as Code

from integrations.simulators.models import StellarTrustline
from integrations.simulators.stellar import genesis, reserves
from integrations.simulators.stellar.amounts import to_stroops
from integrations.simulators.stellar.operations.run import Outcome, Run, fail


def change_trust(operation: ChangeTrust, *, source: str, run: Run) -> Outcome:
    asset, limit = operation.asset, to_stroops(operation.limit)
    if not isinstance(asset, Asset) or asset.is_native() or asset.issuer == source or limit < 0:
        fail(Code.CHANGE_TRUST_MALFORMED)
    line = run.state.trustline(source, asset)
    if line is None:
        _open(run, source, asset, limit)
    elif limit == 0:
        _close(run, source, line)
    elif limit < line.balance:
        fail(Code.CHANGE_TRUST_INVALID_LIMIT)
    else:
        line.limit = limit
    return Outcome(Code.CHANGE_TRUST_SUCCESS)


def _open(run: Run, source: str, asset: Asset, limit: int) -> None:
    if limit == 0:
        fail(Code.CHANGE_TRUST_INVALID_LIMIT)
    issuer = run.state.account(str(asset.issuer))
    if issuer is None:
        fail(Code.CHANGE_TRUST_NO_ISSUER)
    owner, sponsor = run.source_account(source), run.sponsor_of(source)
    try:
        reserves.lock_for_subentry(owner=owner, sponsor=sponsor)
    except reserves.LowReserve:
        fail(Code.CHANGE_TRUST_LOW_RESERVE)
    run.state.add(
        StellarTrustline(
            account=owner,
            asset_code=asset.code,
            asset_issuer=asset.issuer,
            limit=limit,
            flags=genesis.flags_of_a_new_line(issuer),
            sponsor=sponsor.address if sponsor else "",
        )
    )


def _close(run: Run, source: str, line: StellarTrustline) -> None:
    if line.balance:
        fail(Code.CHANGE_TRUST_INVALID_LIMIT)
    reserves.unlock_subentry(owner=run.source_account(source), sponsor=run.paying_for(line))
    run.state.remove(line)
