"""The single-release escrow contract: its checks, in the order of the contract, and its effects."""

from stellar_sdk import scval
from stellar_sdk.xdr import SCVal

from integrations.simulators.stellar.contracts.calls import (
    Call,
    Function,
    Program,
    address,
    as_given,
)
from integrations.simulators.trustlesswork import fees, shared, terms
from integrations.simulators.trustlesswork.refusals import Refusal, require
from integrations.simulators.trustlesswork.shared import shares_of, text_of
from integrations.simulators.trustlesswork.terms import Escrow

NAME = terms.SINGLE_RELEASE
_MAY_DISPUTE = (
    "approver",
    "service_provider",
    "platform_address",
    "release_signer",
    "receiver",
)


def initialize(call: Call, *, contract: str, signer: str, value: SCVal) -> None:
    """What the factory does with a new contract: it stores the terms."""
    require(call.state.contract(contract) is None, Refusal.ALREADY_INITIALIZED)
    escrow = terms.from_value(value, kind=NAME)
    _check_terms(escrow)
    shared.initialize(call, contract=contract, signer=signer, escrow=escrow)


def release_funds(call: Call, *, release_signer: str, trustless_work_address: str) -> None:
    escrow = shared.stored(call)
    require(not escrow.flags["released"], Refusal.ALREADY_RELEASED)
    require(not escrow.flags["resolved"], Refusal.ALREADY_RESOLVED)
    require(release_signer == escrow.roles["release_signer"], Refusal.NOT_THE_RELEASE_SIGNER)
    call.require_auth(release_signer)
    require(bool(escrow.milestones), Refusal.NO_MILESTONE)
    require(all(each.approved for each in escrow.milestones), Refusal.NOT_COMPLETED)
    require(not escrow.flags["disputed"], Refusal.IN_DISPUTE)
    require(shared.holds(call, call.contract) >= escrow.amount, Refusal.BALANCE_IS_TOO_LOW)
    payout = fees.of_release(
        amount=escrow.amount,
        platform_bps=escrow.platform_fee,
        receiver=escrow.roles["receiver"],
    )
    shared.store(call, escrow.with_flags(released=True))
    shared.pay(call, escrow, payout, fees_to=trustless_work_address)


def dispute_escrow(call: Call, *, signer: str) -> None:
    escrow = shared.stored(call)
    require(not escrow.flags["disputed"], Refusal.ALREADY_IN_DISPUTE)
    require(not escrow.flags["resolved"], Refusal.ALREADY_RESOLVED)
    require(signer != escrow.roles["dispute_resolver"], Refusal.RESOLVER_MAY_NOT_DISPUTE)
    parties = {escrow.roles[role] for role in _MAY_DISPUTE}
    require(signer in parties, Refusal.MAY_NOT_DISPUTE)
    call.require_auth(signer)
    shared.store(call, escrow.with_flags(disputed=True))


def resolve_dispute(
    call: Call,
    *,
    dispute_resolver: str,
    trustless_work_address: str,
    distributions: dict[str, int],
) -> None:
    escrow = shared.stored(call)
    shared.check_shares(distributions)
    shared.check_resolver(call, escrow, dispute_resolver)
    require(escrow.flags["disputed"], Refusal.NOT_IN_DISPUTE)
    total, balance = sum(distributions.values()), shared.holds(call, call.contract)
    require(total <= balance, Refusal.RESOLUTION_IS_UNDERFUNDED)
    require(total == balance, Refusal.SHARES_DIFFER_FROM_BALANCE)
    require(total > 0, Refusal.NOTHING_TO_SHARE)
    shared.store(call, escrow.with_flags(resolved=True, disputed=False))
    shared.share_out(call, escrow, shares=distributions, fees_to=trustless_work_address)


def withdraw_remaining_funds(
    call: Call,
    *,
    dispute_resolver: str,
    trustless_work_address: str,
    distributions: dict[str, int],
) -> None:
    """The contract can; the API offers it for multi-release contracts only."""
    escrow = shared.stored(call)
    shared.check_shares(distributions)
    shared.check_resolver(call, escrow, dispute_resolver)
    require(any(escrow.flags.values()), Refusal.NOT_FULLY_PROCESSED)
    shared.withdraw(call, escrow, shares=distributions, fees_to=trustless_work_address)


def _check_terms(escrow: Escrow) -> None:
    shared.check_fee(escrow)
    require(escrow.amount > 0, Refusal.AMOUNT_IS_ZERO)
    shared.check_milestones(escrow)


DISTRIBUTION = {
    "dispute_resolver": address,
    "trustless_work_address": address,
    "distributions": shares_of,
}
PROGRAM: Program = {
    "fund_escrow": Function(
        shared.fund_escrow, signer=address, expected=as_given, amount=scval.from_int128
    ),
    "change_milestone_status": Function(
        shared.change_milestone_status,
        milestone_index=scval.from_int128,
        new_status=text_of,
        new_evidence=text_of,
        service_provider=address,
    ),
    "approve_milestone": Function(
        shared.approve_milestone, milestone_index=scval.from_int128, approver=address
    ),
    "release_funds": Function(
        release_funds, release_signer=address, trustless_work_address=address
    ),
    "dispute_escrow": Function(dispute_escrow, signer=address),
    "resolve_dispute": Function(resolve_dispute, **DISTRIBUTION),
    "withdraw_remaining_funds": Function(withdraw_remaining_funds, **DISTRIBUTION),
}
