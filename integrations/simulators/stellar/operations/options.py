"""What an account sets for itself: flags, thresholds, other signers, and its home on the web."""

from stellar_sdk import SetOptions, Signer, StrKey
from stellar_sdk.xdr import SetOptionsResultCode as Code

from integrations.simulators.models import StellarAccount, StellarSigner
from integrations.simulators.stellar import reserves
from integrations.simulators.stellar.operations.run import Outcome, Run, fail
from integrations.simulators.stellar.signatures import HEAVIEST

Flag = StellarAccount.Flag
MOST_SIGNERS = 20
_ALL_FLAGS = sum(Flag)
_LONGEST_DOMAIN = 32
# In the words of the operation, and of the account.
_WEIGHTS = {
    "master_weight": "master_weight",
    "low_threshold": "low_threshold",
    "med_threshold": "medium_threshold",
    "high_threshold": "high_threshold",
}


def set_options(operation: SetOptions, *, source: str, run: Run) -> Outcome:
    account = run.source_account(source)
    if operation.inflation_dest and run.state.account(operation.inflation_dest) is None:
        fail(Code.SET_OPTIONS_INVALID_INFLATION)
    _set_flags(operation, account)
    _set_weights(operation, account)
    if operation.home_domain is not None:
        if len(operation.home_domain) > _LONGEST_DOMAIN or not operation.home_domain.isascii():
            fail(Code.SET_OPTIONS_INVALID_HOME_DOMAIN)
        account.home_domain = operation.home_domain
    if operation.signer is not None:
        _set_signer(operation.signer, account, run)
    return Outcome(Code.SET_OPTIONS_SUCCESS)


def _set_flags(operation: SetOptions, account: StellarAccount) -> None:
    added, removed = int(operation.set_flags or 0), int(operation.clear_flags or 0)
    if added & removed:
        fail(Code.SET_OPTIONS_BAD_FLAGS)
    if (added | removed) & ~_ALL_FLAGS:
        fail(Code.SET_OPTIONS_UNKNOWN_FLAG)
    if (added or removed) and account.flags & Flag.AUTH_IMMUTABLE:
        fail(Code.SET_OPTIONS_CANT_CHANGE)
    account.flags = (account.flags & ~removed) | added
    if account.flags & Flag.AUTH_CLAWBACK_ENABLED and not account.flags & Flag.AUTH_REVOCABLE:
        fail(Code.SET_OPTIONS_AUTH_REVOCABLE_REQUIRED)


def _set_weights(operation: SetOptions, account: StellarAccount) -> None:
    for said, name in _WEIGHTS.items():
        weight = getattr(operation, said)
        if weight is None:
            continue
        if not 0 <= weight <= HEAVIEST:
            fail(Code.SET_OPTIONS_THRESHOLD_OUT_OF_RANGE)
        setattr(account, name, weight)


def _set_signer(signer: Signer, account: StellarAccount, run: Run) -> None:
    key = signer.signer_key.encoded_signer_key
    # Hashes and transactions signed for in advance are not pretended.
    if not StrKey.is_valid_ed25519_public_key(key) or key == account.address:
        fail(Code.SET_OPTIONS_BAD_SIGNER)
    if not 0 <= signer.weight <= HEAVIEST:
        fail(Code.SET_OPTIONS_BAD_SIGNER)
    known = run.state.signer(account.address, key)
    if known is None:
        _add_signer(key, signer.weight, account, run)
    elif signer.weight:
        known.weight = signer.weight
    else:
        reserves.unlock_subentry(owner=account, sponsor=run.paying_for(known))
        run.state.remove(known)


def _add_signer(key: str, weight: int, account: StellarAccount, run: Run) -> None:
    if not weight:
        fail(Code.SET_OPTIONS_BAD_SIGNER)
    if len(run.state.signers(account.address)) >= MOST_SIGNERS:
        fail(Code.SET_OPTIONS_TOO_MANY_SIGNERS)
    sponsor = run.sponsor_of(account.address)
    try:
        reserves.lock_for_subentry(owner=account, sponsor=sponsor)
    except reserves.LowReserve:
        fail(Code.SET_OPTIONS_LOW_RESERVE)
    paid_by = sponsor.address if sponsor else ""
    run.state.add(StellarSigner(account=account, key=key, weight=weight, sponsor=paid_by))
