"""The checks before inclusion: a transaction refused here leaves no trace and pays nothing."""

from dataclasses import replace

from stellar_sdk.xdr import OperationResultCode
from stellar_sdk.xdr import TransactionResultCode as Result

from integrations.simulators.models import StellarAccount
from integrations.simulators.stellar import reserves
from integrations.simulators.stellar.amounts import moment_of
from integrations.simulators.stellar.envelopes import Envelope
from integrations.simulators.stellar.ledgers import Ledger
from integrations.simulators.stellar.results import untried
from integrations.simulators.stellar.signatures import Signatures, level_of
from integrations.simulators.stellar.state import State
from integrations.simulators.stellar.verdicts import Outcome, Verdict

opBAD_AUTH = OperationResultCode.opBAD_AUTH


class Rejected(Exception):
    """Refused before inclusion."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.code.name)
        self.verdict = verdict


def check(envelope: Envelope, *, state: State, fee: int) -> None:
    """In the order of stellar-core; `fee` is what it must bid. Raises `Rejected`."""
    if envelope.bump:
        try:
            _check_wrapper(envelope, state, fee)
        except Rejected as rejected:
            raise Rejected(replace(rejected.verdict, concerns_wrapper=True)) from rejected
    _check_shape(envelope)
    _check_bounds(envelope, state.ledger)
    if not envelope.bump:
        _require(envelope.max_fee >= fee, Result.txINSUFFICIENT_FEE)
    source = _account(state, envelope.source)
    _require(_follows(envelope, source), Result.txBAD_SEQ)
    signatures = Signatures(envelope.inner.hash(), envelope.inner.signatures, state=state)
    _require(signatures.authorise(envelope.source), Result.txBAD_AUTH)
    if not envelope.bump:
        _check_funds(envelope, source)
    _check_operation_sources(envelope, signatures)
    _require(signatures.are_all_used, Result.txBAD_AUTH_EXTRA)


def _check_wrapper(envelope: Envelope, state: State, fee: int) -> None:
    assert envelope.bump
    _require(envelope.max_fee >= fee, Result.txINSUFFICIENT_FEE)
    _require(_bids_as_much_as_inside(envelope), Result.txINSUFFICIENT_FEE)
    payer = _account(state, envelope.fee_account)
    signatures = Signatures(envelope.bump.hash(), envelope.bump.signatures, state=state)
    _require(signatures.authorise(envelope.fee_account), Result.txBAD_AUTH)
    _check_funds(envelope, payer)
    _require(signatures.are_all_used, Result.txBAD_AUTH_EXTRA)


def _check_shape(envelope: Envelope) -> None:
    operations = envelope.transaction.operations
    _require(bool(operations), Result.txMISSING_OPERATION)
    if envelope.calls_a_contract:
        _require(len(operations) == 1, Result.txMALFORMED)
        _require(envelope.transaction.soroban_data is not None, Result.txMALFORMED)


def _check_bounds(envelope: Envelope, ledger: Ledger) -> None:
    conditions = envelope.transaction.preconditions
    if conditions is None:
        return
    unknown = (conditions.min_sequence_age, conditions.min_sequence_ledger_gap)
    _require(not any(unknown) and not conditions.extra_signers, Result.txNOT_SUPPORTED)
    if times := conditions.time_bounds:
        _require(moment_of(times.min_time) <= ledger.closed_at, Result.txTOO_EARLY)
        open_ended = not times.max_time
        _require(open_ended or ledger.closed_at <= moment_of(times.max_time), Result.txTOO_LATE)
    if numbers := conditions.ledger_bounds:
        _require(numbers.min_ledger <= ledger.sequence, Result.txTOO_EARLY)
        open_ended = not numbers.max_ledger
        _require(open_ended or ledger.sequence < numbers.max_ledger, Result.txTOO_LATE)


def _follows(envelope: Envelope, source: StellarAccount) -> bool:
    """CAP-21: a transaction may leave sequence numbers out, if it says from which one on."""
    conditions, number = envelope.transaction.preconditions, envelope.transaction.sequence
    lowest = conditions.min_sequence_number if conditions else None
    if lowest is None:
        return number == source.sequence + 1
    return lowest <= source.sequence < number


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
        signed = signatures.authorise(source, level=level_of(operation))
        code = untried(operation) if signed else opBAD_AUTH
        outcomes.append(Outcome(code))
    if any(outcome.code is opBAD_AUTH for outcome in outcomes):
        raise Rejected(Verdict(code=Result.txFAILED, outcomes=tuple(outcomes)))


def _account(state: State, address: str) -> StellarAccount:
    account = state.account(address)
    if account is None:
        raise Rejected(Verdict(code=Result.txNO_ACCOUNT))
    return account


def _require(holds: bool, otherwise: Result) -> None:  # noqa: FBT001 – the condition itself
    if not holds:
        raise Rejected(Verdict(code=otherwise))
