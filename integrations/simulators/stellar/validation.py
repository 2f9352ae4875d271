"""The checks before inclusion: a transaction refused here leaves no trace and pays nothing."""

from dataclasses import replace
from datetime import UTC, datetime

from stellar_sdk.xdr import OperationResultCode
from stellar_sdk.xdr import TransactionResultCode as Result

from integrations.simulators.models import StellarAccount
from integrations.simulators.stellar import reserves
from integrations.simulators.stellar.envelopes import Envelope
from integrations.simulators.stellar.results import untried
from integrations.simulators.stellar.signatures import Signatures
from integrations.simulators.stellar.state import State
from integrations.simulators.stellar.verdicts import Outcome, Verdict

opBAD_AUTH = OperationResultCode.opBAD_AUTH
BASE_FEE = 100  # stroops an operation


class Rejected(Exception):
    """Refused before inclusion."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.code.name)
        self.verdict = verdict


def check(envelope: Envelope, *, state: State) -> None:
    """In the order of stellar-core. Raises `Rejected`."""
    if envelope.bump:
        try:
            _check_wrapper(envelope, state)
        except Rejected as rejected:
            raise Rejected(replace(rejected.verdict, concerns_wrapper=True)) from rejected
    _check_shape(envelope)
    _check_time(envelope, state.ledger.closed_at)
    if not envelope.bump:
        _check_fee(envelope)
    source = _account(state, envelope.source)
    _require(envelope.transaction.sequence == source.sequence + 1, Result.txBAD_SEQ)
    signatures = Signatures(envelope.inner.hash(), envelope.inner.signatures)
    _require(signatures.authorise(envelope.source), Result.txBAD_AUTH)
    if not envelope.bump:
        _check_funds(envelope, source)
    _check_operation_sources(envelope, signatures)
    _require(signatures.are_all_used, Result.txBAD_AUTH_EXTRA)


def minimum_fee(envelope: Envelope) -> int:
    """What a transaction is charged where nobody competes for the ledger."""
    return BASE_FEE * envelope.paid_operations + envelope.resource_fee


def _check_wrapper(envelope: Envelope, state: State) -> None:
    assert envelope.bump
    _check_fee(envelope)
    _require(_bids_as_much_as_inside(envelope), Result.txINSUFFICIENT_FEE)
    payer = _account(state, envelope.fee_account)
    signatures = Signatures(envelope.bump.hash(), envelope.bump.signatures)
    _require(signatures.authorise(envelope.fee_account), Result.txBAD_AUTH)
    _check_funds(envelope, payer)
    _require(signatures.are_all_used, Result.txBAD_AUTH_EXTRA)


def _check_shape(envelope: Envelope) -> None:
    operations = envelope.transaction.operations
    _require(bool(operations), Result.txMISSING_OPERATION)
    if envelope.calls_a_contract:
        _require(len(operations) == 1, Result.txMALFORMED)
        _require(envelope.transaction.soroban_data is not None, Result.txMALFORMED)


def _check_time(envelope: Envelope, closing: datetime) -> None:
    conditions = envelope.transaction.preconditions
    bounds = conditions.time_bounds if conditions else None
    if bounds is None:
        return
    _require(_moment(bounds.min_time) <= closing, Result.txTOO_EARLY)
    if bounds.max_time:
        _require(closing <= _moment(bounds.max_time), Result.txTOO_LATE)


def _check_fee(envelope: Envelope) -> None:
    _require(envelope.max_fee >= minimum_fee(envelope), Result.txINSUFFICIENT_FEE)


def _bids_as_much_as_inside(envelope: Envelope) -> bool:
    """CAP-15: per operation, the fee bump must bid no less than what it wraps."""
    operations = len(envelope.transaction.operations)
    outside = envelope.max_fee - envelope.resource_fee
    inside = envelope.transaction.fee - envelope.resource_fee
    return outside * operations >= inside * envelope.paid_operations


def _check_funds(envelope: Envelope, payer: StellarAccount) -> None:
    _require(reserves.spendable(payer) >= envelope.max_fee, Result.txINSUFFICIENT_BALANCE)


def _check_operation_sources(envelope: Envelope, signatures: Signatures) -> None:
    # An account that this very transaction creates signs too: its key is its address.
    outcomes: list[Outcome] = []
    for operation in envelope.transaction.operations:
        source = operation.source.account_id if operation.source else envelope.source
        code = untried(operation) if signatures.authorise(source) else opBAD_AUTH
        outcomes.append(Outcome(code))
    if any(outcome.code is opBAD_AUTH for outcome in outcomes):
        raise Rejected(Verdict(code=Result.txFAILED, outcomes=tuple(outcomes)))


def _account(state: State, address: str) -> StellarAccount:
    account = state.account(address)
    if account is None:
        raise Rejected(Verdict(code=Result.txNO_ACCOUNT))
    return account


def _moment(seconds: int) -> datetime:
    # Beyond year 9999 nothing expires.
    return datetime.fromtimestamp(min(seconds, 253_402_300_799), UTC)


def _require(holds: bool, otherwise: Result) -> None:  # noqa: FBT001 – the condition itself
    if not holds:
        raise Rejected(Verdict(code=otherwise))
