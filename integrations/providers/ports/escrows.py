"""Escrow contracts: built by the provider, read from the chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from integrations.providers.answers import Answer

if TYPE_CHECKING:
    from integrations.providers.intents import EscrowIntent


MOST_AT_ONCE = 20  # contracts in one request


class ContractKind(StrEnum):
    SINGLE_RELEASE = "SINGLE_RELEASE"  # one amount for one receiver, settled at once
    MULTI_RELEASE = "MULTI_RELEASE"  # each milestone has its amount and is settled by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The six addresses of a contract; a multi-release one pays the receiver of each milestone."""

    approver: str
    service_provider: str
    platform_address: str
    release_signer: str
    dispute_resolver: str
    receiver: str  # empty in what is read of a multi-release contract


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractMilestone:
    """One piece of the work; amount and flags are the milestone's own in a multi-release contract,
    and in a single-release one those of the contract.
    """

    status: str
    evidence: str
    approved: bool
    amount: int
    receiver: str
    disputed: bool
    released: bool
    resolved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """An escrow contract as it stands on the chain."""

    contract_id: str
    kind: ContractKind
    engagement_id: str
    amount: int  # of a multi-release contract: the sum of its milestones
    balance: int
    platform_fee_bps: int
    roles: Roles
    milestones: tuple[ContractMilestone, ...]


class Escrows(Protocol):
    def build(self, intent: "EscrowIntent") -> Answer[str]:
        """The unsigned transaction (base64 XDR) for one act. Changes nothing; never trusted."""

    def read(self, *, contract_id: str) -> Answer[Contract]:
        """The contract, validated against the chain; `Declined(NOT_FOUND)` if it is unknown."""

    def read_many(self, *, contract_ids: Sequence[str]) -> Answer[dict[str, Contract]]:
        """Up to `MOST_AT_ONCE` of them, like `read`; what is unknown or unreadable is left out.

        Asked for by comparisons, and held back before anything else is.
        """

    def announce(self, *, tx_hash: str) -> Answer[None]:
        """Ask the provider's read model to catch up with a transaction that we submitted."""

    def submit(self, envelope_xdr: str) -> Answer[None]:
        """Have the provider hand in a signed envelope. Only the chain says what became of it."""
