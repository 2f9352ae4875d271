"""Money out: payments to people, and what came into our balance besides."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from integrations.providers.answers import Answer
from integrations.providers.ports.pages import Page


class PayoutStatus(StrEnum):
    CREATED = "CREATED"  # an instruction; no money has moved
    PENDING = "PENDING"
    PENDING_USER_ACTION = "PENDING_USER_ACTION"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """A payment to a person as the provider has it."""

    reference: str
    code: str  # ours: the withdrawal's id
    status: PayoutStatus
    amount: int  # what our balance there pays
    net_amount: int  # what the recipient gets
    fee: int
    recipient_email: str
    reason_code: str
    reason: str
    created_at: datetime | None = None  # in a list always
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Our own money at the provider, in stroops."""

    available: int
    pending: int  # committed payouts that wait for their recipients

    @property
    def held(self) -> int:
        return self.available + self.pending


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A person's account at the provider."""

    reference: str
    is_active: bool
    is_verified: bool
    country: str  # ISO 3166 alpha-3, or empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Money that came into our balance there beside the payins."""

    reference: str
    is_return: bool  # of a payout that had been completed
    payout_reference: str  # the provider's id of that payout; empty if it names none
    amount: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposits:
    """One page of deposits, the newest first."""

    items: tuple[Deposit, ...]
    next_page: str  # where the older ones begin; empty on the last page


class Payouts(Protocol):
    def recipient(self, *, email: str) -> Answer[Recipient]:
        """Who has this address there; `Declined(NOT_FOUND)` if nobody."""

    def create(self, *, code: str, email: str, amount: int, notes: str) -> Answer[Payout]:
        """Write the instruction; no money moves. A taken code answers the stored payout."""

    def commit(self, *, reference: str) -> Answer[None]:
        """Have it executed; a second commit is done as well."""

    def look_up(self, *, code: str) -> Answer[Payout]:
        """The payout with our code; `Declined(NOT_FOUND)` if there is none."""

    def cancel(self, *, reference: str) -> Answer[Payout]:
        """Take it back while the recipient has not acted."""

    def deposits(self, *, page: str = "") -> Answer[Deposits]:
        """What came into our balance, among it payouts that came back."""

    def payouts(self, *, page: str = "") -> Answer[Page[Payout]]:
        """All that were ever instructed, the newest first, for reconciliation."""

    def balance(self) -> Answer[Balance]:
        """What we hold there."""
