"""A sponsor hands a reserve back to the owner, or on to another sponsor."""

from dataclasses import dataclass

from stellar_sdk import RevokeSponsorship
from stellar_sdk.operation.revoke_sponsorship import RevokeSponsorshipType as Kind
from stellar_sdk.xdr import RevokeSponsorshipResultCode as Code

from integrations.simulators.models import (
    StellarAccount,
    StellarClaimableBalance,
    StellarDatum,
    StellarSigner,
    StellarTrustline,
)
from integrations.simulators.stellar import reserves
from integrations.simulators.stellar.operations.run import Outcome, Run, fail
from integrations.simulators.stellar.state import State

Entry = StellarAccount | StellarClaimableBalance | StellarDatum | StellarSigner | StellarTrustline


@dataclass(frozen=True, slots=True)
class Reserved:
    """An entry, whose it is, and how many reserves it locks up."""

    entry: Entry
    owner: StellarAccount | None  # nobody owns a claimable balance
    count: int


def revoke(operation: RevokeSponsorship, *, source: str, run: Run) -> Outcome:
    found = _entry(operation, run.state)
    if found is None:
        fail(Code.REVOKE_SPONSORSHIP_DOES_NOT_EXIST)
    entry, owner = found.entry, found.owner
    if source != (entry.sponsor or (owner and owner.address)):
        fail(Code.REVOKE_SPONSORSHIP_NOT_SPONSOR)
    after = run.sponsor_of(source)
    if after is not None and owner is not None and after.address == owner.address:
        after = None
    if after is None and owner is None:
        fail(Code.REVOKE_SPONSORSHIP_ONLY_TRANSFERABLE)
    before = run.paying_for(entry)
    try:
        reserves.hand_over(owner=owner, before=before, after=after, count=found.count)
    except reserves.LowReserve:
        fail(Code.REVOKE_SPONSORSHIP_LOW_RESERVE)
    entry.sponsor = after.address if after else ""
    return Outcome(Code.REVOKE_SPONSORSHIP_SUCCESS)


def _entry(operation: RevokeSponsorship, state: State) -> Reserved | None:
    if operation.revoke_sponsorship_type is Kind.ACCOUNT:
        account = state.account(operation.account_id)
        return Reserved(account, account, reserves.ACCOUNT_RESERVES) if account else None
    if operation.revoke_sponsorship_type is Kind.CLAIMABLE_BALANCE:
        balance = state.claimable_balance(operation.claimable_balance_id)
        return Reserved(balance, None, len(balance.destinations)) if balance else None
    entry = _subentry(operation, state)
    return Reserved(entry, state.account(entry.account_id), 1) if entry else None


def _subentry(
    operation: RevokeSponsorship, state: State
) -> StellarTrustline | StellarDatum | StellarSigner | None:
    match operation.revoke_sponsorship_type:
        case Kind.TRUSTLINE:
            line = operation.trustline
            return state.trustline(line.account_id, line.asset)
        case Kind.DATA:
            return state.datum(operation.data.account_id, operation.data.data_name)
        case Kind.SIGNER:
            signer = operation.signer
            return state.signer(signer.account_id, signer.signer_key.encoded_signer_key)
    return None  # there are no offers, and no shares in pools
