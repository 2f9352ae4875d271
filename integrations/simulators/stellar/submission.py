"""A transaction enters the chain: found already applied, refused, or applied and written down."""

from stellar_sdk import xdr
from stellar_sdk.operation import Operation
from stellar_sdk.xdr import TransactionResultCode as Result

from integrations.simulators.models import StellarTransaction
from integrations.simulators.stellar import envelopes, faults, fees, history, ledgers, validation
from integrations.simulators.stellar.envelopes import Envelope
from integrations.simulators.stellar.operations import OPERATIONS, Outcome, Run
from integrations.simulators.stellar.operations.run import OperationFailed
from integrations.simulators.stellar.results import Code
from integrations.simulators.stellar.state import State
from integrations.simulators.stellar.validation import Rejected
from integrations.simulators.stellar.verdicts import Verdict


def submit(envelope_xdr: str) -> StellarTransaction:
    """Apply an envelope, once: a second submission answers with what the first one came to.

    A transaction whose operations fail is applied too: it pays its fee and spends its sequence
    number. Raises `envelopes.Malformed`, and `Rejected` for what no ledger would include.
    """
    envelope = envelopes.read(envelope_xdr)
    with ledgers.serial_chain():
        stored = StellarTransaction.objects.filter(hash=envelope.hash).first()
        if stored and faults.spend(faults.BAD_SEQ_AGAIN):
            raise Rejected(Verdict(code=Result.txBAD_SEQ))
        return stored or _include(envelope)


def _include(envelope: Envelope) -> StellarTransaction:
    state = State(ledger=ledgers.upcoming())
    base_fee = fees.base_fee()
    fee = fees.charged(envelope, base_fee=base_fee)
    validation.check(envelope, state=state, fee=fee)
    _charge(envelope, fee, state)
    verdict = _apply(envelope, State(ledger=state.ledger))
    return history.record(
        envelope, verdict, ledger=state.ledger, base_fee=base_fee, fee_charged=fee
    )


def _apply(envelope: Envelope, state: State) -> Verdict:
    run = Run(envelope=envelope, state=state)
    outcomes = tuple(
        _attempt(operation, place, run)
        for place, operation in enumerate(envelope.transaction.operations)
    )
    if any(outcome.code for outcome in outcomes):
        return _failed(outcomes)
    if run.sponsors:
        return Verdict(code=Result.txBAD_SPONSORSHIP, outcomes=outcomes)
    state.write()
    return Verdict(code=Result.txSUCCESS, outcomes=outcomes)


def _failed(outcomes: tuple[Outcome, ...]) -> Verdict:
    verdict = Verdict(code=Result.txFAILED, outcomes=outcomes)
    # Core looks for these before it includes a transaction, and then charges nothing.
    if any(_is_malformed(outcome.code) for outcome in outcomes):
        raise Rejected(verdict)
    return verdict


def _is_malformed(code: Code) -> bool:
    return code.name.endswith("_MALFORMED") or code is xdr.OperationResultCode.opNOT_SUPPORTED


def _charge(envelope: Envelope, fee: int, state: State) -> None:
    """The fee and the sequence number are spent whatever becomes of the operations."""
    source, payer = state.account(envelope.source), state.account(envelope.fee_account)
    assert source
    assert payer
    source.sequence = envelope.transaction.sequence
    payer.xlm -= fee
    state.write()


def _attempt(operation: Operation, place: int, run: Run) -> Outcome:
    """Operations after a failed one run too, for their result codes; nothing of it is written."""
    source = operation.source.account_id if operation.source else run.envelope.source
    apply = OPERATIONS.get(type(operation))
    if apply is None:
        return Outcome(xdr.OperationResultCode.opNOT_SUPPORTED)
    run.place = place
    try:
        run.source_account(source)
        return apply(operation, source=source, run=run)
    except OperationFailed as failed:
        return Outcome(failed.code)
