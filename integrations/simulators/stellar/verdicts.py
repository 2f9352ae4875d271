"""What became of a transaction, as result XDR and as Horizon's `result_codes`."""

from dataclasses import dataclass, field
from typing import Any

from stellar_sdk.xdr import TransactionResultCode as Result

from integrations.simulators.stellar import results
from integrations.simulators.stellar.envelopes import Envelope
from integrations.simulators.stellar.results import Code


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one operation."""

    code: Code
    members: dict[str, Any] = field(default_factory=dict)  # of the result's XDR
    balance_changes: tuple[dict[str, str], ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)  # what only the applying showed


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    code: Result  # of the inner transaction, unless the wrapper is at fault
    outcomes: tuple[Outcome, ...] = ()
    concerns_wrapper: bool = False  # the fee bump is at fault, not what it wraps

    @property
    def is_success(self) -> bool:
        return self.code is Result.txSUCCESS

    def codes(self, envelope: Envelope) -> dict[str, Any]:
        return {**self._transaction_codes(envelope), **self._operation_codes()}

    def xdr(self, envelope: Envelope, *, fee_charged: int = 0) -> str:
        answers = [results.operation_result(each.code, **each.members) for each in self.outcomes]
        if self._is_wrapped(envelope):
            return results.bumped_result(
                self.code,
                inner_hash=envelope.inner_hash,
                fee_charged=fee_charged,
                operations=answers,
            )
        return results.transaction_result(self.code, fee_charged=fee_charged, operations=answers)

    def _transaction_codes(self, envelope: Envelope) -> dict[str, str]:
        name = results.transaction_name(self.code)
        if not self._is_wrapped(envelope):
            return {"transaction": name}
        outer = results.bumped_code(self.code)
        return {"transaction": results.transaction_name(outer), "inner_transaction": name}

    def _operation_codes(self) -> dict[str, list[str]]:
        if self.code is not Result.txFAILED:
            return {}
        return {"operations": [results.operation_name(each.code) for each in self.outcomes]}

    def _is_wrapped(self, envelope: Envelope) -> bool:
        return envelope.bump is not None and not self.concerns_wrapper
