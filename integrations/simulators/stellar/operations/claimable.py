"""Claimable balances: laid ready by one account, taken by another when a predicate allows it."""

from datetime import datetime

from stellar_sdk import (
    ClaimClaimableBalance,
    ClaimPredicate,
    CreateClaimableBalance,
    xdr,
)
from stellar_sdk.xdr import ClaimClaimableBalanceResultCode as Claimed
from stellar_sdk.xdr import CreateClaimableBalanceResultCode as Code

from integrations.simulators.models import StellarClaimableBalance
from integrations.simulators.stellar import holdings, predicates, reserves
from integrations.simulators.stellar.amounts import asset_of, to_stroops
from integrations.simulators.stellar.holdings import Obstacle
from integrations.simulators.stellar.operations.run import Outcome, Run, fail

MOST_CLAIMANTS = 10
_GIVER = {
    Obstacle.NO_TRUST: Code.CREATE_CLAIMABLE_BALANCE_NO_TRUST,
    Obstacle.NOT_AUTHORIZED: Code.CREATE_CLAIMABLE_BALANCE_NOT_AUTHORIZED,
    Obstacle.UNDERFUNDED: Code.CREATE_CLAIMABLE_BALANCE_UNDERFUNDED,
}
_TAKER = {
    Obstacle.NO_TRUST: Claimed.CLAIM_CLAIMABLE_BALANCE_NO_TRUST,
    Obstacle.NOT_AUTHORIZED: Claimed.CLAIM_CLAIMABLE_BALANCE_NOT_AUTHORIZED,
    Obstacle.LINE_FULL: Claimed.CLAIM_CLAIMABLE_BALANCE_LINE_FULL,
}


def create(operation: CreateClaimableBalance, *, source: str, run: Run) -> Outcome:
    amount = to_stroops(operation.amount)
    destinations = [claimant.destination for claimant in operation.claimants]
    if amount <= 0 or not 1 <= len(destinations) <= MOST_CLAIMANTS:
        fail(Code.CREATE_CLAIMABLE_BALANCE_MALFORMED)
    if len(set(destinations)) != len(destinations):
        fail(Code.CREATE_CLAIMABLE_BALANCE_MALFORMED)
    sponsor = run.sponsor_of(source) or run.source_account(source)
    try:
        reserves.lock_for_claimants(sponsor=sponsor, count=len(destinations))
        holdings.debit(run.state, holder=source, asset=operation.asset, amount=amount)
    except reserves.LowReserve:
        fail(Code.CREATE_CLAIMABLE_BALANCE_LOW_RESERVE)
    except holdings.CannotMove as refusal:
        fail(_GIVER[refusal.obstacle])
    balance = _laid_ready(operation, amount, source, sponsor.address, run)
    balance_id = xdr.ClaimableBalanceID.from_xdr_bytes(bytes.fromhex(balance.id))
    return Outcome(Code.CREATE_CLAIMABLE_BALANCE_SUCCESS, members={"balance_id": balance_id})


def claim(operation: ClaimClaimableBalance, *, source: str, run: Run) -> Outcome:
    balance = run.state.claimable_balance(operation.balance_id)
    if balance is None:
        fail(Claimed.CLAIM_CLAIMABLE_BALANCE_DOES_NOT_EXIST)
    if not _may_claim(balance, source, run.state.ledger.closed_at):
        fail(Claimed.CLAIM_CLAIMABLE_BALANCE_CANNOT_CLAIM)
    asset = asset_of(code=balance.asset_code, issuer=balance.asset_issuer)
    try:
        holdings.credit(run.state, holder=source, asset=asset, amount=balance.amount)
    except holdings.CannotMove as refusal:
        fail(_TAKER[refusal.obstacle])
    sponsor = run.state.account(balance.sponsor)
    reserves.unlock_claimants(sponsor=sponsor, count=len(balance.destinations))
    run.state.remove(balance)
    return Outcome(Claimed.CLAIM_CLAIMABLE_BALANCE_SUCCESS)


def _laid_ready(
    operation: CreateClaimableBalance, amount: int, source: str, sponsor: str, run: Run
) -> StellarClaimableBalance:
    ledger = run.state.ledger
    claimants = [
        {
            "destination": claimant.destination,
            "predicate": predicates.dated(claimant.predicate, now=ledger.closed_at)
            .to_xdr_object()
            .to_xdr(),
        }
        for claimant in operation.claimants
    ]
    asset = operation.asset
    return run.state.add(
        StellarClaimableBalance(
            id=run.envelope.transaction.get_claimable_balance_id(run.place),
            asset_code=asset.code,
            asset_issuer=asset.issuer or "",
            amount=amount,
            sponsor=sponsor,
            claimants=claimants,
            destinations=[each["destination"] for each in claimants],
            is_clawback_enabled=_can_be_taken_back(operation, source, run),
            changed_in=ledger.sequence,
            changed_at=ledger.closed_at,
        )
    )


def _can_be_taken_back(operation: CreateClaimableBalance, source: str, run: Run) -> bool:
    asset = operation.asset
    if asset.is_native() or asset.issuer == source:
        return False
    return holdings.can_be_clawed_back(run.state, holder=source, asset=asset)


def _may_claim(balance: StellarClaimableBalance, address: str, now: datetime) -> bool:
    for claimant in balance.claimants:
        if claimant["destination"] == address:
            packed = xdr.ClaimPredicate.from_xdr(claimant["predicate"])
            return predicates.holds(ClaimPredicate.from_xdr_object(packed), at=now)
    return False
