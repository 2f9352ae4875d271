"""A transaction that awaits its signature: built by us, or found by the guard to be ours."""

from dataclasses import dataclass
from datetime import datetime

from stellar_sdk import TransactionEnvelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    envelope: TransactionEnvelope
    max_time: datetime
    contract_id: str = ""  # of a deployment: where the contract will be

    @property
    def source(self) -> str:
        return str(self.envelope.transaction.source.account_id)

    @property
    def sequence(self) -> int:
        return int(self.envelope.transaction.sequence)
