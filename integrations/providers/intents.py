"""What we mean to do on the chain, in our words: the only thing that the signer accepts.

Amounts are whole stroops. Each intent names the account whose key must sign it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from integrations.providers.ports import ContractKind, Roles


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWallet:
    """Create `address` with 0 XLM and a USDC trustline, its reserves sponsored by `signer`."""

    signer: str
    address: str


class MemoType(StrEnum):
    TEXT = "TEXT"  # at most 28 bytes
    ID = "ID"  # a whole number below 2**64
    HASH = "HASH"  # 32 bytes, in hex


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustUsdc:
    """Give `address`, which somebody else has opened, its trustline, sponsored by `signer`."""

    signer: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayFees:
    """Offer `bid` stroops of XLM per operation, from `signer`, for a transaction signed before."""

    signer: str
    submission: str
    inner_hash: str
    bid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayUsdc:
    """Pay `amount` of USDC from `signer` to `destination`, an account that trusts it."""

    signer: str
    destination: str  # G…, or M… where the recipient asked for a muxed address
    amount: int
    memo: str = ""  # the reference of the recipient's own books
    memo_type: MemoType = MemoType.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneTerms:
    """One milestone as it is deployed; amount and receiver count in a multi-release contract."""

    description: str
    amount: int
    receiver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployEscrow:
    """Deploy one contract with the terms of one order."""

    signer: str
    kind: ContractKind
    engagement_id: str  # our escrow's id; Trustless Work does not keep it unique
    title: str
    description: str
    amount: int  # the whole order
    platform_fee_bps: int
    roles: Roles
    milestones: tuple[MilestoneTerms, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FundEscrow:
    """Move `amount` of USDC from `signer` into the contract whose terms are `terms`."""

    signer: str
    contract_id: str
    kind: ContractKind
    amount: int
    terms: DeployEscrow


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkMilestoneDone:
    """The service provider (`signer`) says that the work of one milestone is done."""

    signer: str
    contract_id: str
    kind: ContractKind
    index: int
    status: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveMilestone:
    """The approver (`signer`) accepts one milestone; it cannot be taken back."""

    signer: str
    contract_id: str
    kind: ContractKind
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseEscrow:
    """The release signer (`signer`) pays the receiver, less both fees."""

    signer: str
    contract_id: str
    kind: ContractKind
    index: int  # which milestone; in a single-release contract there is only 0, and it is all


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeEscrow:
    """A party (`signer`, never the resolver) freezes the contract, or one milestone of it."""

    signer: str
    contract_id: str
    kind: ContractKind
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one address is given by a resolution, before both fees."""

    address: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveDispute:
    """The resolver (`signer`) divides the whole contract balance, or one whole milestone.

    `shares` name each address once and no share is zero.
    """

    signer: str
    contract_id: str
    kind: ContractKind
    index: int
    shares: tuple[Share, ...]

    def __post_init__(self) -> None:
        _require_a_map(self.shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawRemaining:
    """The resolver (`signer`) shares out a surplus, once every milestone is settled or disputed.

    `shares` name each address once and no share is zero; both fees are taken from them. Trustless
    Work offers it for multi-release contracts only.
    """

    kind: ClassVar[ContractKind] = ContractKind.MULTI_RELEASE
    signer: str
    contract_id: str
    shares: tuple[Share, ...]

    def __post_init__(self) -> None:
        _require_a_map(self.shares)


EscrowAct = (
    FundEscrow
    | MarkMilestoneDone
    | ApproveMilestone
    | ReleaseEscrow
    | DisputeEscrow
    | ResolveDispute
    | WithdrawRemaining
)
EscrowIntent = DeployEscrow | EscrowAct
Intent = OpenWallet | TrustUsdc | PayUsdc | EscrowIntent


def _require_a_map(shares: tuple[Share, ...]) -> None:
    """On the chain they are a map: of an address that is named twice, one share would vanish."""
    addresses = {share.address for share in shares}
    if len(addresses) < len(shares) or any(share.amount <= 0 for share in shares):
        raise ValueError(f"each address has one share, and no share is nothing: {shares}")
