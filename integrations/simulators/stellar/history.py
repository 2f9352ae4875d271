"""Writes what happened: the ledger, the transaction and its operations, as Horizon tells them."""

from typing import Any

from stellar_sdk.operation import Operation

from integrations.simulators.models import StellarLedger, StellarOperation, StellarTransaction
from integrations.simulators.stellar.descriptions import describe, type_of
from integrations.simulators.stellar.envelopes import Envelope
from integrations.simulators.stellar.ledgers import Ledger
from integrations.simulators.stellar.verdicts import Outcome, Verdict

PAYMENTS = {
    "create_account",
    "payment",
    "path_payment_strict_receive",
    "path_payment_strict_send",
    "account_merge",
}
# The members of operations and balance changes that name whoever takes part.
_PARTIES = (
    *("from", "to", "account", "into", "funder", "trustor", "claimant", "destination"),
    *("sponsored_id", "begin_sponsor", "account_id", "trustline_account_id", "data_account_id"),
    "signer_account_id",
)


def record(
    envelope: Envelope, verdict: Verdict, *, ledger: Ledger, base_fee: int, fee_charged: int
) -> StellarTransaction:
    """Write a transaction into `ledger`, whose only one it is."""
    row = _transaction(envelope, verdict, ledger, fee_charged)
    steps = zip(envelope.transaction.operations, verdict.outcomes, strict=True)
    operations = [
        _operation(row, place, operation, outcome, envelope)
        for place, (operation, outcome) in enumerate(steps, start=1)
    ]
    parties = {row.source, row.fee_account}.union(*(each.participants for each in operations))
    row.participants = sorted(parties)
    StellarLedger.objects.create(
        sequence=ledger.sequence,
        closed_at=ledger.closed_at,
        base_fee=base_fee,
        fee_pool=_fees_before(ledger) + fee_charged,
    )
    row.save(force_insert=True)
    StellarOperation.objects.bulk_create(operations)
    return row


def _fees_before(ledger: Ledger) -> int:
    before = StellarLedger.objects.filter(sequence__lt=ledger.sequence)
    return before.order_by("-sequence").values_list("fee_pool", flat=True).first() or 0


def _transaction(
    envelope: Envelope, verdict: Verdict, ledger: Ledger, fee_charged: int
) -> StellarTransaction:
    return StellarTransaction(
        id=ledger.sequence << 32 | 1 << 12,
        hash=envelope.hash,
        inner_hash=envelope.inner_hash,
        ledger_id=ledger.sequence,
        successful=verdict.is_success,
        source=envelope.source,
        fee_account=envelope.fee_account,
        fee_charged=fee_charged,
        envelope_xdr=envelope.xdr,
        result_xdr=verdict.xdr(envelope, fee_charged=fee_charged),
        result_codes=verdict.codes(envelope),
    )


def _operation(
    row: StellarTransaction,
    place: int,
    operation: Operation,
    outcome: Outcome,
    envelope: Envelope,
) -> StellarOperation:
    kind, number = type_of(operation)
    source = operation.source.account_id if operation.source else envelope.source
    details = describe(operation, source=source, place=place, envelope=envelope)
    details |= outcome.facts
    changes = list(outcome.balance_changes)
    if changes:
        details["asset_balance_changes"] = changes
    return StellarOperation(
        id=row.id + place,
        transaction=row,
        source=source,
        type=kind,
        type_number=number,
        details=details,
        is_payment=row.successful and (kind in PAYMENTS or bool(changes)),
        participants=_parties(source, details, *changes, *details.get("claimants", ())),
    )


def _parties(source: str, *named: dict[str, Any]) -> list[str]:
    found = {source} | {each[member] for each in named for member in _PARTIES if member in each}
    return sorted(found)
