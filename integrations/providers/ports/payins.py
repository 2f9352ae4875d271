"""Money in: payments that a person confirms at the provider."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from integrations.providers.answers import Answer
from integrations.providers.ports.pages import Page


class PayinStatus(StrEnum):
    AWAITING_USER_CONFIRMATION = "AWAITING_USER_CONFIRMATION"
    PROCESSING = "PROCESSING"
    SUCCEEDED = "SUCCEEDED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"  # a word that this version does not know: not final, ask again later


@dataclass(frozen=True, slots=True, kw_only=True)
class Payin:
    """A payment request as the provider has it."""

    reference: str  # the provider's id
    code: str  # ours: the top-up's id
    status: PayinStatus
    amount: int  # what the payer pays
    net_amount: int  # what reaches our balance
    fee: int
    payer_email: str
    payer_reference: str = ""  # the provider's id of the payer
    reason: str
    confirmation_url: str  # where the payer goes; from our template, never an echoed address
    created_at: datetime | None = None  # in a list always
    changed_at: datetime | None = None


class Payins(Protocol):
    def create(
        self, *, code: str, amount: int, description: str, return_url: str, cancel_url: str
    ) -> Answer[Payin]:
        """Ask for a payment. A code that is already taken answers the stored payin."""

    def look_up(self, *, code: str) -> Answer[Payin]:
        """The payin with our code; `Declined(NOT_FOUND)` if there is none."""

    def cancel(self, *, reference: str) -> Answer[Payin]:
        """Close the payment page; declined if the payer was faster."""

    def payins(self, *, page: str = "") -> Answer[Page[Payin]]:
        """All that we ever asked for, the newest first, for reconciliation."""
