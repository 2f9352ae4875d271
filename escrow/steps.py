"""Which act on the contract comes next, told from where the contract stands and nothing else."""

from escrow.models import Escrow
from integrations.providers.intents import (
    ApproveMilestone,
    DeployEscrow,
    EscrowIntent,
    FundEscrow,
    MarkMilestoneDone,
    ReleaseEscrow,
)
from integrations.providers.ports import Contract

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
ONLY = 0  # the one milestone of a single-release contract


def deployment(escrow: Escrow) -> DeployEscrow:
    """The terms of the order, deployed by the treasury; deploying gives no power over the money."""
    order = escrow.order
    return DeployEscrow(
        signer=escrow.treasury_wallet.address,
        engagement_id=str(escrow.id),
        title=order.title,
        description=order.description or order.title,
        amount=escrow.amount,
        platform_fee_bps=escrow.platform_fee_bps,
        roles=escrow.roles,
        milestones=(order.title,),
    )


def funding(escrow: Escrow, *, payer: str) -> FundEscrow:
    """The whole amount, from whoever pays; the contract accepts any funder."""
    return FundEscrow(
        signer=payer,
        contract_id=escrow.contract_id,
        amount=escrow.amount,
        terms=deployment(escrow),
    )


def towards_release(escrow: Escrow, contract: Contract) -> EscrowIntent | None:
    """Seller says done, buyer approves, buyer releases: the first that the contract lacks."""
    milestone, roles = contract.milestones[ONLY], escrow.roles
    if contract.released or contract.resolved:
        return None
    if milestone.status != DONE and not milestone.approved:
        return MarkMilestoneDone(
            signer=roles.service_provider,
            contract_id=escrow.contract_id,
            index=ONLY,
            status=DONE,
            evidence=escrow.order.evidence[:500],
        )
    if not milestone.approved:
        return ApproveMilestone(signer=roles.approver, contract_id=escrow.contract_id, index=ONLY)
    return ReleaseEscrow(signer=roles.release_signer, contract_id=escrow.contract_id)
