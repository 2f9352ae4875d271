"""A transaction: its envelope, its result, and what both say."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from stellar_sdk import (
    DecoratedSignature,
    HashMemo,
    IdMemo,
    Memo,
    MuxedAccount,
    NoneMemo,
    ReturnHashMemo,
    TextMemo,
    xdr,
)

from integrations.simulators.models import StellarTransaction
from integrations.simulators.stellar import envelopes
from integrations.simulators.stellar.amounts import as_time
from integrations.simulators.stellar.envelopes import Envelope
from integrations.simulators.stellar.resources.links import Links


def transaction(
    row: StellarTransaction, link: Links, *, asked_for: str | None = None
) -> dict[str, Any]:
    """`asked_for`: the hash by which it was found; Horizon repeats it, inner or outer."""
    envelope = envelopes.read(row.envelope_xdr)
    shown_hash = asked_for or row.hash
    is_inner = shown_hash != row.hash
    signed = envelope.inner if is_inner or envelope.bump is None else envelope.bump
    path = f"transactions/{shown_hash}"
    return {
        "_links": {
            "self": link(path),
            "account": link(f"accounts/{row.source}"),
            "ledger": link(f"ledgers/{row.ledger_id}"),
            "operations": link(f"{path}/operations"),
            "effects": link(f"{path}/effects"),
            "precedes": link(f"transactions?order=asc&cursor={row.id}"),
            "succeeds": link(f"transactions?order=desc&cursor={row.id}"),
            "transaction": link(path),
        },
        "id": shown_hash,
        "paging_token": str(row.id),
        "successful": row.successful,
        "hash": shown_hash,
        "ledger": row.ledger_id,
        "created_at": as_time(row.ledger.closed_at),
        **_account("source_account", "account", envelope.transaction.source),
        "source_account_sequence": str(envelope.transaction.sequence),
        **_account("fee_account", "fee_account", envelope.fee_source),
        "fee_charged": str(row.fee_charged),
        "max_fee": str(envelope.max_fee),
        "operation_count": len(envelope.transaction.operations),
        "envelope_xdr": row.envelope_xdr,
        "result_xdr": row.result_xdr,
        "result_meta_xdr": _meta(envelope),
        "fee_meta_xdr": xdr.LedgerEntryChanges([]).to_xdr(),
        "signatures": _signatures(signed.signatures),
        **_memo(envelope.transaction.memo),
        **_preconditions(envelope),
        **_fee_bump(envelope),
    }


def _meta(envelope: Envelope) -> str:
    """Of the right shape, but without the entries that changed: those are not kept."""
    unsaid = xdr.LedgerEntryChanges([])
    meta = xdr.TransactionMetaV3(
        ext=xdr.ExtensionPoint(0),
        tx_changes_before=unsaid,
        operations=[xdr.OperationMeta(unsaid) for _ in envelope.transaction.operations],
        tx_changes_after=unsaid,
        soroban_meta=None,
    )
    return xdr.TransactionMeta(3, v3=meta).to_xdr()


def _account(name: str, muxed_name: str, account: MuxedAccount) -> dict[str, str]:
    if account.account_muxed is None:
        return {name: account.account_id}
    return {
        name: account.account_id,
        f"{muxed_name}_muxed": account.account_muxed,
        f"{muxed_name}_muxed_id": str(account.account_muxed_id),
    }


def _fee_bump(envelope: Envelope) -> dict[str, Any]:
    if envelope.bump is None:
        return {}
    return {
        "fee_bump_transaction": {
            "hash": envelope.hash,
            "signatures": _signatures(envelope.bump.signatures),
        },
        "inner_transaction": {
            "hash": envelope.inner_hash,
            "signatures": _signatures(envelope.inner.signatures),
            "max_fee": str(envelope.transaction.fee),
        },
    }


def _memo(memo: Memo) -> dict[str, str]:
    match memo:
        case TextMemo():
            text = memo.memo_text
            return {
                "memo_type": "text",
                "memo": text.decode(errors="replace"),
                "memo_bytes": b64encode(text).decode(),
            }
        case IdMemo():
            return {"memo_type": "id", "memo": str(memo.memo_id)}
        case HashMemo():
            return {"memo_type": "hash", "memo": b64encode(memo.memo_hash).decode()}
        case ReturnHashMemo():
            return {"memo_type": "return", "memo": b64encode(memo.memo_return).decode()}
        case NoneMemo():
            return {"memo_type": "none"}
    raise ValueError(f"no such memo: {memo}")


def _preconditions(envelope: Envelope) -> dict[str, Any]:
    conditions = envelope.transaction.preconditions
    if conditions is None:
        return {}
    shown: dict[str, Any] = {}
    if times := conditions.time_bounds:
        shown["timebounds"] = _bounds("time", times.min_time, times.max_time)
    if numbers := conditions.ledger_bounds:
        shown["ledgerbounds"] = {
            "min_ledger": numbers.min_ledger,
            "max_ledger": numbers.max_ledger,
        }
    if conditions.min_sequence_number is not None:
        shown["min_account_sequence"] = str(conditions.min_sequence_number)
    return {"preconditions": shown} if shown else {}


def _bounds(unit: str, lowest: int, highest: int) -> dict[str, str]:
    shown = {f"min_{unit}": str(lowest), f"max_{unit}": str(highest)}
    if not highest:
        del shown[f"max_{unit}"]
    return shown


def _signatures(signatures: Sequence[DecoratedSignature]) -> list[str]:
    return [b64encode(each.signature).decode() for each in signatures]
