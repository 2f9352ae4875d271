"""What operations share: the transaction that they run in, and how they fail."""

from dataclasses import dataclass, field
from typing import Never, Protocol

from stellar_sdk import xdr

from integrations.simulators.models import StellarAccount
from integrations.simulators.stellar.envelopes import Envelope
from integrations.simulators.stellar.results import Code
from integrations.simulators.stellar.state import State
from integrations.simulators.stellar.verdicts import Outcome


class Sponsored(Protocol):
    sponsor: str


class OperationFailed(Exception):
    """The operation failed, and with it the whole transaction."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self.code = code


@dataclass
class Run:
    """One transaction while its operations are applied."""

    envelope: Envelope
    state: State
    sponsors: dict[str, str] = field(default_factory=dict)  # the sponsored address: its sponsor
    place: int = 0  # of the operation that is being applied, in the transaction

    def source_account(self, address: str) -> StellarAccount:
        account = self.state.account(address)
        if account is None:
            fail(xdr.OperationResultCode.opNO_ACCOUNT)
        return account

    def sponsor_of(self, address: str) -> StellarAccount | None:
        """Who pays for the reserves of entries that `address` makes now."""
        sponsor = self.sponsors.get(address)
        return self.state.account(sponsor) if sponsor else None

    def paying_for(self, row: Sponsored) -> StellarAccount | None:
        """Who pays for the reserve of an entry, unless its owner does."""
        return self.state.account(row.sponsor) if row.sponsor else None


def fail(code: Code) -> Never:
    raise OperationFailed(code)


__all__ = ["OperationFailed", "Outcome", "Run", "fail"]
