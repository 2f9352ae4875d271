"""Which act on the contract comes next, told from where the contract stands and nothing else.

| goal    | contract funded                                 | contract in dispute             |
|---------|-------------------------------------------------|---------------------------------|
| release | mark done, approve, release: the first it lacks | resolve, all to the seller      |
| refund  | dispute, by who asked                           | resolve, all to the buyer       |
| dispute | dispute, by who opened it                       | –                               |
| resolve | dispute, by who opened it                       | resolve, as was decided         |
"""

from typing import Any

from escrow.models import Escrow
from escrow.stakes import RAISED_BY, Goal, Stake
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
from integrations.providers.ports import ContractMilestone
from integrations.providers.stellar.networks import network
from payments.models import Party

DEPLOY, FUND = "escrow.deploy", "escrow.fund"
MARK_DONE, APPROVE, RELEASE = "escrow.mark_done", "escrow.approve", "escrow.release"
DISPUTE, RESOLVE = RAISED_BY, "escrow.resolve"
WITHDRAW = "escrow.withdraw_remaining"
PURPOSES: dict[type[EscrowIntent], str] = {
    DeployEscrow: DEPLOY,
    FundEscrow: FUND,
    MarkMilestoneDone: MARK_DONE,
    ApproveMilestone: APPROVE,
    ReleaseEscrow: RELEASE,
    DisputeEscrow: DISPUTE,
    ResolveDispute: RESOLVE,
    WithdrawRemaining: WITHDRAW,
}
DONE = "completed"  # what a seller says of a milestone; the contract takes any text


def deployment(escrow: Escrow) -> DeployEscrow:
    """The terms of the order. Deploying gives no power over the money, so the buyer's wallet does
    it: every buyer's has sequence numbers of its own, and nobody waits for another's contract.
    """
    order = escrow.order
    return DeployEscrow(
        signer=escrow.buyer_wallet.address,
        kind=escrow.kind,
        engagement_id=str(escrow.id),
        title=order.title,
        description=order.description or order.title,
        amount=escrow.amount,
        platform_fee_bps=escrow.platform_fee_bps,
        roles=escrow.roles,
        milestones=tuple(
            MilestoneTerms(
                description=piece.title, amount=piece.amount, receiver=escrow.roles.receiver
            )
            for piece in escrow.milestones or (order,)
        ),
    )


def funding(escrow: Escrow, *, payer: str) -> FundEscrow:
    """The whole amount, from whoever pays; the contract accepts any funder."""
    return FundEscrow(
        signer=payer,
        contract_id=escrow.contract_id,
        kind=escrow.kind,
        amount=escrow.amount,
        terms=deployment(escrow),
    )


def towards(stake: Stake, goal: Goal, piece: ContractMilestone, *, surplus: int) -> EscrowIntent:
    """The next act on a piece of the contract that is not settled.

    `surplus` stroops lie in the contract besides; a single-release one divides them as well.
    """
    if piece.disputed:
        return _resolution(stake, shares(stake, goal, surplus=surplus))
    if goal == Goal.RELEASE:
        return _towards_release(stake, piece)
    return DisputeEscrow(signer=_complainant(stake, goal), **_where(stake))


def following(purpose: str, stake: Stake) -> EscrowIntent | None:
    """On the way to a release, the step after one that the chain has shown; None without one."""
    if purpose == MARK_DONE:
        return _approval(stake)
    return _release(stake) if purpose == APPROVE else None


def withdrawal(escrow: Escrow, *, surplus: int) -> WithdrawRemaining:
    """What strangers left in a contract whose milestones are all settled goes to the treasury."""
    return WithdrawRemaining(
        signer=escrow.roles.dispute_resolver,
        contract_id=escrow.contract_id,
        shares=(Share(address=escrow.treasury_wallet.address, amount=surplus),),
    )


def is_applied(purpose: str, piece: ContractMilestone) -> bool:
    """Whether a piece of the contract stands as this step would have left it."""
    return {
        MARK_DONE: piece.status == DONE,
        APPROVE: piece.approved,
        DISPUTE: piece.disputed,
    }.get(purpose, False)


def shares(stake: Stake, goal: Goal, *, surplus: int) -> dict[str, int]:
    """Who is given how much of a resolution, before fees: by address, without zeros."""
    to_seller, to_buyer = _divided(stake, goal)
    escrow, given = stake.escrow, dict[str, int]()
    for wallet, amount in (
        (escrow.seller_wallet, to_seller),
        (escrow.buyer_wallet, to_buyer),
        (escrow.treasury_wallet, 0 if stake.milestone else surplus),
    ):
        if amount:
            given[wallet.address] = given.get(wallet.address, 0) + amount
    return given


def receivers(escrow: Escrow, intent: EscrowIntent) -> set[str]:
    """Who is paid by this step, or, at the deployment, may one day be: they must trust USDC."""
    roles = escrow.roles
    takers = {roles.platform_address, network().protocol_fee_address}
    match intent:
        case DeployEscrow():
            return takers | {roles.receiver, roles.approver}
        case ReleaseEscrow():
            return takers | {roles.receiver}
        case ResolveDispute(shares=given) | WithdrawRemaining(shares=given):
            return takers | {share.address for share in given}
    return set()


def _towards_release(stake: Stake, piece: ContractMilestone) -> EscrowIntent:
    """Seller says done, buyer approves, buyer releases: the first that the contract lacks."""
    if piece.approved:
        return _release(stake)
    if piece.status == DONE:
        return _approval(stake)
    signer, evidence = stake.escrow.roles.service_provider, stake.deal.evidence[:500]
    return MarkMilestoneDone(signer=signer, status=DONE, evidence=evidence, **_where(stake))


def _approval(stake: Stake) -> ApproveMilestone:
    return ApproveMilestone(signer=stake.escrow.roles.approver, **_where(stake))


def _release(stake: Stake) -> ReleaseEscrow:
    return ReleaseEscrow(signer=stake.escrow.roles.release_signer, **_where(stake))


def _resolution(stake: Stake, given: dict[str, int]) -> ResolveDispute:
    return ResolveDispute(
        signer=stake.escrow.roles.dispute_resolver,
        shares=tuple(Share(address=to, amount=amount) for to, amount in given.items()),
        **_where(stake),
    )


def _divided(stake: Stake, goal: Goal) -> tuple[int, int]:
    """What the seller and the buyer are given."""
    if goal == Goal.RELEASE:
        return stake.amount, 0
    if goal == Goal.REFUND:
        return 0, stake.amount
    decided = stake.dispute()
    return decided.release_amount, decided.refund_amount


def _complainant(stake: Stake, goal: Goal) -> str:
    """Whose wallet disputes: who opened it, or asked for the refund; never the resolver."""
    who = stake.deal.requested_by if goal == Goal.REFUND else stake.dispute().opened_by
    return {
        Party.BUYER: stake.escrow.roles.approver,
        Party.SELLER: stake.escrow.roles.service_provider,
        Party.PLATFORM: stake.escrow.roles.platform_address,
    }[Party(who)]


def _where(stake: Stake) -> dict[str, Any]:
    escrow = stake.escrow
    return {"contract_id": escrow.contract_id, "kind": escrow.kind, "index": stake.index}
