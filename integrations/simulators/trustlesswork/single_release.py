"""The single-release escrow contract: its checks, in the order of the contract, and its effects."""

from dataclasses import replace

from stellar_sdk import scval
from stellar_sdk.xdr import SCVal

from integrations.providers.stellar.networks import network
from integrations.simulators.models import StellarContract
from integrations.simulators.stellar import holdings
from integrations.simulators.stellar.contracts.calls import (
    Call,
    Function,
    Program,
    address,
    as_given,
)
from integrations.simulators.trustlesswork import fees, terms
from integrations.simulators.trustlesswork.fees import Payout
from integrations.simulators.trustlesswork.refusals import Refusal, refuse, require
from integrations.simulators.trustlesswork.terms import Escrow, Milestone

NAME = "single-release"
MOST_MILESTONES = MOST_SHARES = 50
MOST_PLATFORM_BPS = 9_900
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
    _check_terms(terms.from_value(value))
    call.state.add(
        StellarContract(
            address=contract,
            program=NAME,
            deployer=signer,
            storage=value.to_xdr(),
            created_at=call.state.ledger.closed_at,
        )
    )


def fund_escrow(call: Call, *, signer: str, expected: SCVal, amount: int) -> None:
    """No flag is looked at, and nothing is too much: the contract takes what it gets."""
    call.require_auth(signer)
    escrow, contract = _stored(call), call.contract
    require(amount > 0, Refusal.FUNDING_IS_NOT_POSITIVE)
    require(expected == terms.to_value(escrow), Refusal.TERMS_DIFFER)
    require(_holds(call, signer) >= amount, Refusal.SIGNER_IS_UNDERFUNDED)
    _transfer(call, escrow, sender=signer, target=contract, amount=amount)


def change_milestone_status(
    call: Call, *, milestone_index: int, new_status: str, new_evidence: str, service_provider: str
) -> None:
    escrow = _stored(call)
    is_provider = service_provider == escrow.roles["service_provider"]
    require(is_provider, Refusal.NOT_THE_SERVICE_PROVIDER)
    call.require_auth(service_provider)
    require(bool(escrow.milestones), Refusal.NO_MILESTONE)
    require(bool(new_status), Refusal.EMPTY_STATUS)
    milestone = _milestone(escrow, milestone_index)
    changed = replace(milestone, status=new_status, evidence=new_evidence)
    _store(call, escrow.with_milestone(milestone_index, changed))


def approve_milestone(call: Call, *, milestone_index: int, approver: str) -> None:
    escrow = _stored(call)
    milestone = _milestone(escrow, milestone_index)
    require(approver == escrow.roles["approver"], Refusal.NOT_THE_APPROVER)
    call.require_auth(approver)
    require(not milestone.approved, Refusal.ALREADY_APPROVED)
    require(bool(milestone.status), Refusal.EMPTY_STATUS)
    _store(call, escrow.with_milestone(milestone_index, replace(milestone, approved=True)))


def release_funds(call: Call, *, release_signer: str, trustless_work_address: str) -> None:
    escrow = _stored(call)
    require(not escrow.flags["released"], Refusal.ALREADY_RELEASED)
    require(not escrow.flags["resolved"], Refusal.ALREADY_RESOLVED)
    require(release_signer == escrow.roles["release_signer"], Refusal.NOT_THE_RELEASE_SIGNER)
    call.require_auth(release_signer)
    require(bool(escrow.milestones), Refusal.NO_MILESTONE)
    require(all(each.approved for each in escrow.milestones), Refusal.NOT_COMPLETED)
    require(not escrow.flags["disputed"], Refusal.IN_DISPUTE)
    require(_holds(call, call.contract) >= escrow.amount, Refusal.BALANCE_IS_TOO_LOW)
    payout = fees.of_release(
        amount=escrow.amount,
        platform_bps=escrow.platform_fee,
        receiver=escrow.roles["receiver"],
    )
    _store(call, escrow.with_flags(released=True))
    _pay(call, escrow, payout, protocol_address=trustless_work_address)


def dispute_escrow(call: Call, *, signer: str) -> None:
    escrow = _stored(call)
    require(not escrow.flags["disputed"], Refusal.ALREADY_IN_DISPUTE)
    require(not escrow.flags["resolved"], Refusal.ALREADY_RESOLVED)
    require(signer != escrow.roles["dispute_resolver"], Refusal.RESOLVER_MAY_NOT_DISPUTE)
    parties = {escrow.roles[role] for role in _MAY_DISPUTE}
    require(signer in parties, Refusal.MAY_NOT_DISPUTE)
    call.require_auth(signer)
    _store(call, escrow.with_flags(disputed=True))


def resolve_dispute(
    call: Call,
    *,
    dispute_resolver: str,
    trustless_work_address: str,
    distributions: dict[str, int],
) -> None:
    escrow = _stored(call)
    _check_shares(distributions)
    require(dispute_resolver == escrow.roles["dispute_resolver"], Refusal.NOT_THE_RESOLVER)
    call.require_auth(dispute_resolver)
    require(escrow.flags["disputed"], Refusal.NOT_IN_DISPUTE)
    total, balance = sum(distributions.values()), _holds(call, call.contract)
    require(total <= balance, Refusal.RESOLUTION_IS_UNDERFUNDED)
    require(total == balance, Refusal.SHARES_DIFFER_FROM_BALANCE)
    require(total > 0, Refusal.NOTHING_TO_SHARE)
    payout = fees.of_distribution(shares=distributions, platform_bps=escrow.platform_fee)
    _store(call, escrow.with_flags(resolved=True, disputed=False))
    _pay(call, escrow, payout, protocol_address=trustless_work_address)


def _check_terms(escrow: Escrow) -> None:
    fee = escrow.platform_fee
    require(fee <= MOST_PLATFORM_BPS, Refusal.FEE_IS_TOO_HIGH)
    require(fee + fees.PROTOCOL_BPS <= fees.WHOLE, Refusal.FEE_IS_TOO_HIGH)
    require(escrow.amount > 0, Refusal.AMOUNT_IS_ZERO)
    require(bool(escrow.milestones), Refusal.NO_MILESTONE)
    require(len(escrow.milestones) <= MOST_MILESTONES, Refusal.TOO_MANY_MILESTONES)
    approved = [each.approved for each in escrow.milestones]
    require(not any([*escrow.flags.values(), *approved]), Refusal.FLAGS_ARE_SET)


def _check_shares(shares: dict[str, int]) -> None:
    require(all(share > 0 for share in shares.values()), Refusal.SHARE_IS_NOT_POSITIVE)
    require(len(shares) <= MOST_SHARES, Refusal.TOO_MANY_SHARES)


def _milestone(escrow: Escrow, index: int) -> Milestone:
    if not 0 <= index < len(escrow.milestones):
        refuse(Refusal.INVALID_MILESTONE_INDEX)
    return escrow.milestones[index]


def _pay(call: Call, escrow: Escrow, payout: Payout, *, protocol_address: str) -> None:
    legs = [
        (protocol_address, payout.protocol),
        (escrow.roles["platform_address"], payout.platform),
        *payout.receivers.items(),
    ]
    for target, amount in legs:
        if amount:
            _transfer(call, escrow, sender=call.contract, target=target, amount=amount)


def _transfer(call: Call, escrow: Escrow, *, sender: str, target: str, amount: int) -> None:
    call.invoke(
        escrow.token,
        "transfer",
        scval.to_address(sender),
        scval.to_address(target),
        scval.to_int128(amount),
    )


def _holds(call: Call, holder: str) -> int:
    return holdings.balance(call.state, holder=holder, asset=network().usdc)


def _stored(call: Call) -> Escrow:
    return terms.stored(_instance(call).storage)


def _store(call: Call, escrow: Escrow) -> None:
    _instance(call).storage = terms.to_value(escrow).to_xdr()


def _instance(call: Call) -> StellarContract:
    instance = call.state.contract(call.contract)
    assert instance  # the host found its program there
    return instance


def _text(value: SCVal) -> str:
    return scval.from_string(value).decode()


def _shares(value: SCVal) -> dict[str, int]:
    return {address(who): scval.from_int128(share) for who, share in scval.from_map(value).items()}


PROGRAM: Program = {
    "fund_escrow": Function(
        fund_escrow, signer=address, expected=as_given, amount=scval.from_int128
    ),
    "change_milestone_status": Function(
        change_milestone_status,
        milestone_index=scval.from_int128,
        new_status=_text,
        new_evidence=_text,
        service_provider=address,
    ),
    "approve_milestone": Function(
        approve_milestone, milestone_index=scval.from_int128, approver=address
    ),
    "release_funds": Function(
        release_funds, release_signer=address, trustless_work_address=address
    ),
    "dispute_escrow": Function(dispute_escrow, signer=address),
    "resolve_dispute": Function(
        resolve_dispute,
        dispute_resolver=address,
        trustless_work_address=address,
        distributions=_shares,
    ),
}
