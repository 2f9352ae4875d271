"""What we mean to do on the chain, in our words: the only thing that the signer accepts.

Amounts are whole stroops. Each intent names the account whose key must sign it.
"""

from dataclasses import dataclass

from integrations.providers.ports import Roles


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWallet:
    """Create `address` with 0 XLM and a USDC trustline, its reserves sponsored by `signer`."""

    signer: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployEscrow:
    """Deploy one single-release contract with the terms of one order."""

    signer: str
    engagement_id: str  # our escrow's id; Trustless Work does not keep it unique
    title: str
    description: str
    amount: int
    platform_fee_bps: int
    roles: Roles
    milestones: tuple[str, ...]  # their descriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class FundEscrow:
    """Move `amount` of USDC from `signer` into the contract whose terms are `terms`."""

    signer: str
    contract_id: str
    amount: int
    terms: DeployEscrow


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkMilestoneDone:
    """The service provider (`signer`) says that the work of one milestone is done."""

    signer: str
    contract_id: str
    index: int
    status: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveMilestone:
    """The approver (`signer`) accepts one milestone; it cannot be taken back."""

    signer: str
    contract_id: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseEscrow:
    """The release signer (`signer`) pays the receiver, less both fees."""

    signer: str
    contract_id: str


EscrowIntent = DeployEscrow | FundEscrow | MarkMilestoneDone | ApproveMilestone | ReleaseEscrow
Intent = OpenWallet | EscrowIntent
