"""Which act on the contract comes next, told from where the contract stands and nothing else."""

from escrow.models import Escrow
from integrations.providers.intents import (
    ApproveMilestone,
    DeployEscrow,
    EscrowIntent,
    FundEscrow,
    MarkMilestoneDone,
    MilestoneTerms,
    ReleaseEscrow,
)
from integrations.providers.ports import Contract, ContractKind

DEPLOY, FUND = "escrow.deploy", "escrow.fund"
MARK_DONE, APPROVE, RELEASE = "escrow.mark_done", "escrow.approve", "escrow.release"
PURPOSES: dict[type[EscrowIntent], str] = {
    DeployEscrow: DEPLOY,
    FundEscrow: FUND,
    MarkMilestoneDone: MARK_DONE,
    ApproveMilestone: APPROVE,
    ReleaseEscrow: RELEASE,
}
DONE = "completed"  # what a seller says of a milestone; the contract takes any text
KIND = ContractKind.SINGLE_RELEASE
ONLY = 0  # the one milestone of a single-release contract


def deployment(escrow: Escrow) -> DeployEscrow:
    """The terms of the order, deployed by the treasury; deploying gives no power over the money."""
    order = escrow.order
    return DeployEscrow(
        signer=escrow.treasury_wallet.address,
        kind=KIND,
        engagement_id=str(escrow.id),
        title=order.title,
        description=order.description or order.title,
        amount=escrow.amount,
        platform_fee_bps=escrow.platform_fee_bps,
        roles=escrow.roles,
        milestones=(
            MilestoneTerms(
                description=order.title, amount=escrow.amount, receiver=escrow.roles.receiver
            ),
        ),
    )


def funding(escrow: Escrow, *, payer: str) -> FundEscrow:
    """The whole amount, from whoever pays; the contract accepts any funder."""
    return FundEscrow(
        signer=payer,
        contract_id=escrow.contract_id,
        kind=KIND,
        amount=escrow.amount,
        terms=deployment(escrow),
    )


def towards_release(escrow: Escrow, contract: Contract) -> EscrowIntent | None:
    """Seller says done, buyer approves, buyer releases: the first that the contract lacks."""
    milestone, roles = contract.milestones[ONLY], escrow.roles
    if milestone.released or milestone.resolved:
        return None
    if milestone.status != DONE and not milestone.approved:
        return MarkMilestoneDone(
            signer=roles.service_provider,
            contract_id=escrow.contract_id,
            kind=KIND,
            index=ONLY,
            status=DONE,
            evidence=escrow.order.evidence[:500],
        )
    where = {"contract_id": escrow.contract_id, "kind": KIND, "index": ONLY}
    if not milestone.approved:
        return ApproveMilestone(signer=roles.approver, **where)
    return ReleaseEscrow(signer=roles.release_signer, **where)
