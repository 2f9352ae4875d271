"""One order's terms and the honest transactions that carry them out, for tests to tamper with."""

from dataclasses import replace
from datetime import UTC, datetime

from stellar_sdk import Account, Keypair, StrKey, TransactionBuilder, TransactionEnvelope, xdr

from integrations.providers.intents import (
    ApproveMilestone,
    DeployEscrow,
    DisputeEscrow,
    EscrowIntent,
    FundEscrow,
    MarkMilestoneDone,
    MilestoneTerms,
    ReleaseEscrow,
    ResolveDispute,
    Share,
    WithdrawRemaining,
)
from integrations.providers.ports import ContractKind, Roles
from integrations.providers.stellar.invocations import arguments_of, authorisation_of
from integrations.providers.stellar.networks import network, pretended_key
from integrations.providers.trustlesswork import abi
from integrations.providers.trustlesswork.abi import Call

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEQUENCE = 42
SALT = bytes(range(32))
TREASURY = pretended_key("test treasury")
ADA = pretended_key("test ada")
BEN = pretended_key("test ben")
MALLORY = pretended_key("test mallory")
SINGLE, MULTI = ContractKind.SINGLE_RELEASE, ContractKind.MULTI_RELEASE
CONTRACT = StrKey.encode_contract(b"\x07" * 32)

ROLES = Roles(
    approver=ADA.public_key,
    service_provider=BEN.public_key,
    platform_address=TREASURY.public_key,
    release_signer=ADA.public_key,
    dispute_resolver=pretended_key("test resolver").public_key,
    receiver=BEN.public_key,
)
DEPLOY = DeployEscrow(
    signer=TREASURY.public_key,
    kind=SINGLE,
    engagement_id="esc_1",
    title="Logo",
    description="A logo for Ada",
    amount=1_000_000_000,
    platform_fee_bps=500,
    roles=ROLES,
    milestones=(MilestoneTerms(description="Logo", amount=1_000_000_000, receiver=BEN.public_key),),
)
FUND = FundEscrow(
    signer=TREASURY.public_key,
    contract_id=CONTRACT,
    kind=SINGLE,
    amount=1_000_000_000,
    terms=DEPLOY,
)
MARK_DONE = MarkMilestoneDone(
    signer=BEN.public_key,
    contract_id=CONTRACT,
    kind=SINGLE,
    index=0,
    status="completed",
    evidence="https://x",
)
APPROVE = ApproveMilestone(signer=ADA.public_key, contract_id=CONTRACT, kind=SINGLE, index=0)
RELEASE = ReleaseEscrow(signer=ADA.public_key, contract_id=CONTRACT, kind=SINGLE, index=0)
DISPUTE = DisputeEscrow(signer=ADA.public_key, contract_id=CONTRACT, kind=SINGLE, index=0)
RESOLVE = ResolveDispute(
    signer=ROLES.dispute_resolver,
    contract_id=CONTRACT,
    kind=SINGLE,
    index=0,
    shares=(
        Share(address=ADA.public_key, amount=600_000_000),
        Share(address=BEN.public_key, amount=400_000_000),
    ),
)
WITHDRAW = WithdrawRemaining(
    signer=ROLES.dispute_resolver, contract_id=CONTRACT, shares=RESOLVE.shares
)
MULTI_DEPLOY = replace(
    DEPLOY,
    kind=MULTI,
    milestones=(
        MilestoneTerms(description="Sketch", amount=600_000_000, receiver=BEN.public_key),
        MilestoneTerms(description="Logo", amount=400_000_000, receiver=BEN.public_key),
    ),
)
MULTI_FUND = replace(FUND, kind=MULTI, terms=MULTI_DEPLOY)
MULTI_RELEASE = replace(RELEASE, kind=MULTI, index=1)
MULTI_DISPUTE = replace(DISPUTE, kind=MULTI, index=1)
MULTI_RESOLVE = replace(RESOLVE, kind=MULTI, index=1)
ACTS: list[EscrowIntent] = [
    *(DEPLOY, FUND, MARK_DONE, APPROVE, RELEASE, DISPUTE, RESOLVE),
    *(MULTI_DEPLOY, MULTI_FUND, MULTI_RELEASE, MULTI_DISPUTE, MULTI_RESOLVE, WITHDRAW),
    *(replace(MARK_DONE, kind=MULTI, index=1), replace(APPROVE, kind=MULTI, index=1)),
]


def call_for(intent: EscrowIntent) -> Call:
    return abi.call(intent, network=network(), salt=SALT)


def elsewhere(call: Call) -> Call:
    """A payment of everything to Mallory, to be hidden somewhere."""
    return replace(call, contract_id=network().usdc_contract, function="transfer")


def builder_for(source: str, *, sequence: int = SEQUENCE, fee: int = 100_100) -> TransactionBuilder:
    return TransactionBuilder(Account(source, sequence - 1), network().passphrase, base_fee=fee)


def envelope_of(
    call: Call,
    source: str,
    *,
    auth: list[xdr.SorobanAuthorizationEntry] | None = None,
    sequence: int = SEQUENCE,
    fee: int = 100_100,
    expires: int = int(NOW.timestamp()) + 300,
) -> TransactionEnvelope:
    """The transaction that calls `call`, as Trustless Work would build it."""
    arguments = arguments_of(call)
    return (
        builder_for(source, sequence=sequence, fee=fee)
        .append_invoke_contract_function_op(
            call.contract_id,
            call.function,
            arguments.args,
            auth=[authorisation_of(call)] if auth is None else auth,
        )
        .add_time_bounds(0, expires)
        .build()
    )


def honest(
    intent: EscrowIntent, *, expires: int = int(NOW.timestamp()) + 300
) -> TransactionEnvelope:
    return envelope_of(call_for(intent), intent.signer, expires=expires)


def stranger() -> Keypair:
    return Keypair.random()
