"""What both kinds of escrow contract do alike: initialise, fund, mark done, withdraw, and pay."""

from dataclasses import replace

from stellar_sdk import scval
from stellar_sdk.xdr import SCVal

from integrations.providers.stellar.networks import network
from integrations.simulators.models import StellarContract
from integrations.simulators.stellar import holdings
from integrations.simulators.stellar.contracts.calls import Call, address
from integrations.simulators.trustlesswork import fees, terms
from integrations.simulators.trustlesswork.fees import Payout
from integrations.simulators.trustlesswork.refusals import Refusal, refuse, require
from integrations.simulators.trustlesswork.terms import Escrow, Milestone

MOST_MILESTONES = MOST_SHARES = 50
MOST_PLATFORM_BPS = 9_900


def initialize(call: Call, *, contract: str, signer: str, escrow: Escrow) -> None:
    """What the factory does with a new contract: it stores the terms."""
    call.state.add(
        StellarContract(
            address=contract,
            program=escrow.kind,
            deployer=signer,
            storage=terms.to_value(escrow).to_xdr(),
            created_at=call.state.ledger.closed_at,
        )
    )


def fund_escrow(call: Call, *, signer: str, expected: SCVal, amount: int) -> None:
    """No flag is looked at, and nothing is too much: the contract takes what it gets."""
    call.require_auth(signer)
    escrow, contract = stored(call), call.contract
    require(amount > 0, Refusal.FUNDING_IS_NOT_POSITIVE)
    require(expected == terms.to_value(escrow), Refusal.TERMS_DIFFER)
    require(holds(call, signer) >= amount, Refusal.SIGNER_IS_UNDERFUNDED)
    transfer(call, escrow, sender=signer, target=contract, amount=amount)


def change_milestone_status(
    call: Call, *, milestone_index: int, new_status: str, new_evidence: str, service_provider: str
) -> None:
    escrow = stored(call)
    is_provider = service_provider == escrow.roles["service_provider"]
    require(is_provider, Refusal.NOT_THE_SERVICE_PROVIDER)
    call.require_auth(service_provider)
    require(bool(escrow.milestones), Refusal.NO_MILESTONE)
    require(bool(new_status), Refusal.EMPTY_STATUS)
    changed = milestone(escrow, milestone_index)
    changed = replace(changed, status=new_status, evidence=new_evidence)
    store(call, escrow.with_milestone(milestone_index, changed))


def approve_milestone(call: Call, *, milestone_index: int, approver: str) -> None:
    escrow = stored(call)
    found = milestone(escrow, milestone_index)
    require(approver == escrow.roles["approver"], Refusal.NOT_THE_APPROVER)
    call.require_auth(approver)
    require(not found.approved, Refusal.ALREADY_APPROVED)
    require(bool(found.status), Refusal.EMPTY_STATUS)
    store(call, escrow.with_milestone(milestone_index, replace(found, approved=True)))


def check_fee(escrow: Escrow) -> None:
    fee = escrow.platform_fee
    require(fee <= MOST_PLATFORM_BPS, Refusal.FEE_IS_TOO_HIGH)
    require(fee + fees.PROTOCOL_BPS <= fees.WHOLE, Refusal.FEE_IS_TOO_HIGH)


def check_milestones(escrow: Escrow) -> None:
    require(bool(escrow.milestones), Refusal.NO_MILESTONE)
    require(len(escrow.milestones) <= MOST_MILESTONES, Refusal.TOO_MANY_MILESTONES)
    flags = [flag for each in escrow.milestones for flag in (each.approved, *each.flags.values())]
    require(not any([*escrow.flags.values(), *flags]), Refusal.FLAGS_ARE_SET)


def check_shares(shares: dict[str, int]) -> None:
    require(all(share > 0 for share in shares.values()), Refusal.SHARE_IS_NOT_POSITIVE)
    require(len(shares) <= MOST_SHARES, Refusal.TOO_MANY_SHARES)


def check_resolver(call: Call, escrow: Escrow, resolver: str) -> None:
    require(resolver == escrow.roles["dispute_resolver"], Refusal.NOT_THE_RESOLVER)
    call.require_auth(resolver)


def withdraw(call: Call, escrow: Escrow, *, shares: dict[str, int], fees_to: str) -> None:
    """What is left is shared out; no flag changes."""
    total = sum(shares.values())
    require(total > 0, Refusal.NOTHING_TO_SHARE)
    require(total <= holds(call, call.contract), Refusal.RESOLUTION_IS_UNDERFUNDED)
    share_out(call, escrow, shares=shares, fees_to=fees_to)


def share_out(call: Call, escrow: Escrow, *, shares: dict[str, int], fees_to: str) -> None:
    payout = fees.of_distribution(shares=shares, platform_bps=escrow.platform_fee)
    pay(call, escrow, payout, fees_to=fees_to)


def pay(call: Call, escrow: Escrow, payout: Payout, *, fees_to: str) -> None:
    legs = [
        (fees_to, payout.protocol),
        (escrow.roles["platform_address"], payout.platform),
        *payout.receivers.items(),
    ]
    for target, amount in legs:
        if amount:
            transfer(call, escrow, sender=call.contract, target=target, amount=amount)


def transfer(call: Call, escrow: Escrow, *, sender: str, target: str, amount: int) -> None:
    call.invoke(
        escrow.token,
        "transfer",
        scval.to_address(sender),
        scval.to_address(target),
        scval.to_int128(amount),
    )


def milestone(escrow: Escrow, index: int) -> Milestone:
    if not 0 <= index < len(escrow.milestones):
        refuse(Refusal.INVALID_MILESTONE_INDEX)
    return escrow.milestones[index]


def holds(call: Call, holder: str) -> int:
    return holdings.balance(call.state, holder=holder, asset=network().usdc)


def stored(call: Call) -> Escrow:
    return terms.stored(_instance(call))


def store(call: Call, escrow: Escrow) -> None:
    _instance(call).storage = terms.to_value(escrow).to_xdr()


def shares_of(value: SCVal) -> dict[str, int]:
    return {address(who): scval.from_int128(share) for who, share in scval.from_map(value).items()}


def text_of(value: SCVal) -> str:
    return scval.from_string(value).decode()


def _instance(call: Call) -> StellarContract:
    instance = call.state.contract(call.contract)
    assert instance  # the host found its program there
    return instance
