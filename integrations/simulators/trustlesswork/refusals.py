"""What the contracts refuse: the error's number on the chain, and the message of the API."""

from enum import Enum
from typing import Never

from integrations.simulators.stellar.contracts.calls import Trap


class Refusal(Enum):
    """Numbers and texts of single-release V1, and below them what only multi-release V1 says.

    Nothing depends on the numbers: they differ per kind and revision, and the same one may read
    differently per act.
    """

    AMOUNT_IS_ZERO = (1, "Amount cannot be zero")
    FUNDING_IS_NOT_POSITIVE = (1, "Amount cannot be equal to or less than zero")
    ALREADY_INITIALIZED = (2, "Escrow already initialized")
    NOT_THE_RELEASE_SIGNER = (4, "Only the release signer can release the escrow earnings")
    NOT_COMPLETED = (5, "The escrow must be completed to release earnings")
    BALANCE_IS_TOO_LOW = (
        6,
        "The escrow balance must be equal to the amount of earnings defined for the escrow",
    )
    NOT_THE_SERVICE_PROVIDER = (8, "Only the service provider can change milestone status")
    NO_MILESTONE = (9, "Escrow initialized without milestone")
    INVALID_MILESTONE_INDEX = (10, "Invalid milestone index")
    NOT_THE_APPROVER = (11, "Only the approver can change milestone flag")
    NOT_THE_RESOLVER = (12, "Only the dispute resolver can execute this function")
    ALREADY_IN_DISPUTE = (13, "Escrow already in dispute")
    NOT_IN_DISPUTE = (14, "Escrow not in dispute")
    RESOLUTION_IS_UNDERFUNDED = (15, "Insufficient funds for resolution")
    IN_DISPUTE = (16, "Escrow has been opened for dispute resolution")
    HAS_FUNDS = (23, "The contract address already has funds")
    ALREADY_RESOLVED = (24, "This escrow is already resolved")
    MAY_NOT_DISPUTE = (26, "You are not authorized to change the dispute flag")
    TOO_MANY_MILESTONES = (27, "Cannot define more than 50 milestones in an escrow")
    ALREADY_APPROVED = (
        29,
        "You cannot approve a milestone that has already been approved previously",
    )
    EMPTY_STATUS = (30, "The milestone status cannot be empty")
    FEE_IS_TOO_HIGH = (31, "The platform fee cannot exceed 99%")
    FLAGS_ARE_SET = (
        32,
        "All flags (approved, disputed, released) must be false in order to execute this function",
    )
    TERMS_DIFFER = (33, "The provided escrow properties do not match the stored escrow")
    ALREADY_RELEASED = (35, "The escrow funds have been released")
    SHARE_IS_NOT_POSITIVE = (
        38,
        "None of the amounts to be transferred should be less or equal than 0",
    )
    SHARES_DIFFER_FROM_BALANCE = (
        39,
        "The sum of distributions must equal the current escrow balance "
        "when resolving an escrow dispute",
    )
    RESOLVER_MAY_NOT_DISPUTE = (40, "The dispute resolver cannot dispute the escrow")
    NOTHING_TO_SHARE = (41, "The total amount to be distributed cannot be equal to zero")
    SIGNER_IS_UNDERFUNDED = (42, "The signer has insufficient funds to fund the escrow")
    NOT_FULLY_PROCESSED = (44, "The escrow must be released, resolved or in dispute")
    TOO_MANY_SHARES = (45, "Too many distributions")
    MILESTONE_IN_DISPUTE = (24, "Milestone already in dispute")
    MILESTONE_RELEASED = (25, "This milestone is already released")
    MILESTONE_RESOLVED = (26, "This milestone is already resolved")
    MILESTONES_ARE_OPEN = (
        28,
        "All milestones must be released or dispute-resolved before withdrawing remaining funds",
    )
    MILESTONE_NOT_COMPLETED = (29, "The milestone must be completed to release funds")
    MILESTONE_NOT_IN_DISPUTE = (30, "Milestone not in dispute")
    SHARES_EXCEED_MILESTONE = (
        48,
        "The total dispute funds must not exceed the milestone amount",
    )

    @property
    def number(self) -> int:
        return self.value[0]

    @property
    def message(self) -> str:
        return self.value[1]


class ContractRefusal(Trap):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"HostError: Error(Contract, #{refusal.number})")
        self.refusal = refusal


def refuse(refusal: Refusal) -> Never:
    raise ContractRefusal(refusal)


def require(holds: bool, otherwise: Refusal) -> None:  # noqa: FBT001 – the condition itself
    if not holds:
        refuse(otherwise)


class ApiRefusal(Exception):
    """The API refuses by itself, before any contract is asked."""
