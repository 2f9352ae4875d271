"""The multi-release escrow contract: each milestone is settled by itself, out of one shared pot."""

from stellar_sdk import scval
from stellar_sdk.xdr import SCVal

from integrations.simulators.stellar.contracts.calls import Call, Function, Program, address
from integrations.simulators.trustlesswork import fees, shared, single_release, terms
from integrations.simulators.trustlesswork.refusals import Refusal, require
from integrations.simulators.trustlesswork.shared import shares_of
from integrations.simulators.trustlesswork.terms import Escrow, Milestone

NAME = terms.MULTI_RELEASE
_MAY_DISPUTE = ("approver", "service_provider", "platform_address", "release_signer")


def initialize(call: Call, *, contract: str, signer: str, value: SCVal) -> None:
    """What the factory does with a new contract: it stores the terms, if nobody was faster."""
    require(call.state.contract(contract) is None, Refusal.ALREADY_INITIALIZED)
    escrow = terms.from_value(value, kind=NAME)
    _check_terms(escrow)
    require(shared.holds(call, contract) == 0, Refusal.HAS_FUNDS)
    shared.initialize(call, contract=contract, signer=signer, escrow=escrow)


def release_milestone_funds(
    call: Call, *, release_signer: str, trustless_work_address: str, milestone_index: int
) -> None:
    escrow = shared.stored(call)
    require(bool(escrow.milestones), Refusal.NO_MILESTONE)
    milestone = shared.milestone(escrow, milestone_index)
    require(milestone.approved, Refusal.MILESTONE_NOT_COMPLETED)
    _require_open(milestone)
    require(not milestone.flags["disputed"], Refusal.IN_DISPUTE)
    require(release_signer == escrow.roles["release_signer"], Refusal.NOT_THE_RELEASE_SIGNER)
    call.require_auth(release_signer)
    require(shared.holds(call, call.contract) >= milestone.amount, Refusal.BALANCE_IS_TOO_LOW)
    payout = fees.of_release(
        amount=milestone.amount,
        platform_bps=escrow.platform_fee,
        receiver=milestone.receiver,
    )
    released = milestone.with_flags(released=True)
    shared.store(call, escrow.with_milestone(milestone_index, released))
    shared.pay(call, escrow, payout, fees_to=trustless_work_address)


def dispute_milestone(call: Call, *, milestone_index: int, signer: str) -> None:
    escrow = shared.stored(call)
    require(bool(escrow.milestones), Refusal.NO_MILESTONE)
    milestone = shared.milestone(escrow, milestone_index)
    _require_open(milestone)
    require(not milestone.flags["disputed"], Refusal.MILESTONE_IN_DISPUTE)
    parties = {escrow.roles[role] for role in _MAY_DISPUTE} | {milestone.receiver}
    resolver = escrow.roles["dispute_resolver"]
    require(signer in parties | {resolver}, Refusal.MAY_NOT_DISPUTE)
    require(signer != resolver, Refusal.RESOLVER_MAY_NOT_DISPUTE)
    call.require_auth(signer)
    disputed = milestone.with_flags(disputed=True)
    shared.store(call, escrow.with_milestone(milestone_index, disputed))


def resolve_milestone_dispute(
    call: Call,
    *,
    dispute_resolver: str,
    milestone_index: int,
    trustless_work_address: str,
    distributions: dict[str, int],
) -> None:
    """Less than the milestone's amount may be shared out: the rest stays in the pot."""
    escrow = shared.stored(call)
    shared.check_shares(distributions)
    shared.check_resolver(call, escrow, dispute_resolver)
    milestone = shared.milestone(escrow, milestone_index)
    _require_open(milestone)
    require(milestone.flags["disputed"], Refusal.MILESTONE_NOT_IN_DISPUTE)
    total = sum(distributions.values())
    require(total <= milestone.amount, Refusal.SHARES_EXCEED_MILESTONE)
    require(total <= shared.holds(call, call.contract), Refusal.RESOLUTION_IS_UNDERFUNDED)
    require(total > 0, Refusal.NOTHING_TO_SHARE)
    resolved = milestone.with_flags(resolved=True, disputed=False)
    shared.store(call, escrow.with_milestone(milestone_index, resolved))
    shared.share_out(call, escrow, shares=distributions, fees_to=trustless_work_address)


def withdraw_remaining_funds(
    call: Call,
    *,
    dispute_resolver: str,
    trustless_work_address: str,
    distributions: dict[str, int],
) -> None:
    escrow = shared.stored(call)
    shared.check_shares(distributions)
    shared.check_resolver(call, escrow, dispute_resolver)
    settled = all(any(each.flags.values()) for each in escrow.milestones)
    require(settled, Refusal.MILESTONES_ARE_OPEN)
    shared.withdraw(call, escrow, shares=distributions, fees_to=trustless_work_address)


def _require_open(milestone: Milestone) -> None:
    require(not milestone.flags["released"], Refusal.MILESTONE_RELEASED)
    require(not milestone.flags["resolved"], Refusal.MILESTONE_RESOLVED)


def _check_terms(escrow: Escrow) -> None:
    shared.check_fee(escrow)
    require(all(each.amount > 0 for each in escrow.milestones), Refusal.AMOUNT_IS_ZERO)
    shared.check_milestones(escrow)


PROGRAM: Program = {
    "fund_escrow": single_release.PROGRAM["fund_escrow"],
    "change_milestone_status": single_release.PROGRAM["change_milestone_status"],
    "approve_milestone": single_release.PROGRAM["approve_milestone"],
    "release_milestone_funds": Function(
        release_milestone_funds,
        release_signer=address,
        trustless_work_address=address,
        milestone_index=scval.from_uint32,
    ),
    "dispute_milestone": Function(
        dispute_milestone, milestone_index=scval.from_uint32, signer=address
    ),
    "resolve_milestone_dispute": Function(
        resolve_milestone_dispute,
        dispute_resolver=address,
        milestone_index=scval.from_uint32,
        trustless_work_address=address,
        distributions=shares_of,
    ),
    "withdraw_remaining_funds": Function(withdraw_remaining_funds, **single_release.DISTRIBUTION),
}
