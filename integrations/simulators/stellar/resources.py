"""Accounts, transactions, operations and ledgers as Horizon writes them."""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

from stellar_sdk import (
    DecoratedSignature,
    HashMemo,
    IdMemo,
    Memo,
    NoneMemo,
    ReturnHashMemo,
    TextMemo,
)

from integrations.providers.stellar.networks import network
from integrations.simulators.models import (
    StellarAccount,
    StellarOperation,
    StellarTransaction,
    StellarTrustline,
)
from integrations.simulators.stellar import envelopes, ledgers
from integrations.simulators.stellar.amounts import as_amount, as_time
from integrations.simulators.stellar.envelopes import Envelope
from integrations.simulators.stellar.ledgers import Ledger
from integrations.simulators.stellar.reserves import BASE_RESERVE
from integrations.simulators.stellar.validation import BASE_FEE

PROTOCOL = 23
Links = Callable[[str], dict[str, str]]  # a path below Horizon's root, as a link


def root(link: Links) -> dict[str, Any]:
    latest = ledgers.latest()
    return {
        "_links": {
            "self": link(""),
            "account": {**link("accounts/{account_id}"), "templated": True},
            "transaction": {**link("transactions/{hash}"), "templated": True},
        },
        "horizon_version": "offerhub-simulator",
        "core_version": "offerhub-simulator",
        "ingest_latest_ledger": latest.sequence,
        "history_latest_ledger": latest.sequence,
        "history_latest_ledger_closed_at": as_time(latest.closed_at),
        "history_elder_ledger": 1,
        "core_latest_ledger": latest.sequence,
        "network_passphrase": network().passphrase,
        "current_protocol_version": PROTOCOL,
        "supported_protocol_version": PROTOCOL,
        "core_supported_protocol_version": PROTOCOL,
    }


def account(row: StellarAccount, link: Links) -> dict[str, Any]:
    path = f"accounts/{row.address}"
    resource = {
        "_links": {
            "self": link(path),
            "transactions": link(f"{path}/transactions"),
            "payments": link(f"{path}/payments"),
        },
        "id": row.address,
        "account_id": row.address,
        "sequence": str(row.sequence),
        "subentry_count": row.num_subentries,
        "last_modified_ledger": row.changed_in,
        "last_modified_time": as_time(row.changed_at),
        "thresholds": {"low_threshold": 0, "med_threshold": 0, "high_threshold": 0},
        "flags": {
            "auth_required": False,
            "auth_revocable": False,
            "auth_immutable": False,
            "auth_clawback_enabled": False,
        },
        "balances": [*map(_line, row.trustlines.order_by("id")), _xlm(row)],
        "signers": [{"weight": 1, "key": row.address, "type": "ed25519_public_key"}],
        "data": {},
        "num_sponsoring": row.num_sponsoring,
        "num_sponsored": row.num_sponsored,
        "paging_token": row.address,
    }
    return resource | ({"sponsor": row.sponsor} if row.sponsor else {})


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
            "transaction": link(path),
        },
        "id": shown_hash,
        "paging_token": str(row.id),
        "successful": row.successful,
        "hash": shown_hash,
        "ledger": row.ledger_id,
        "created_at": as_time(row.ledger.closed_at),
        "source_account": row.source,
        "source_account_sequence": str(envelope.transaction.sequence),
        "fee_account": row.fee_account,
        "fee_charged": str(row.fee_charged),
        "max_fee": str(envelope.max_fee),
        "operation_count": len(envelope.transaction.operations),
        "envelope_xdr": row.envelope_xdr,
        "result_xdr": row.result_xdr,
        "signatures": _signatures(signed.signatures),
        **_memo(envelope.transaction.memo),
        **_preconditions(envelope),
        **_fee_bump(envelope),
    }


def operation(row: StellarOperation, link: Links) -> dict[str, Any]:
    parent = row.transaction
    return {
        "_links": {
            "self": link(f"operations/{row.id}"),
            "transaction": link(f"transactions/{parent.hash}"),
        },
        "id": str(row.id),
        "paging_token": str(row.id),
        "transaction_successful": parent.successful,
        "source_account": row.source,
        "type": row.type,
        "type_i": row.type_number,
        "created_at": as_time(parent.ledger.closed_at),
        "transaction_hash": parent.hash,
        **row.details,
    }


def ledger(closed: Ledger, link: Links, *, transactions: Sequence[StellarTransaction]) -> Any:
    succeeded = [each for each in transactions if each.successful]
    return {
        "_links": {"self": link(f"ledgers/{closed.sequence}")},
        "id": _ledger_hash(closed.sequence),
        "paging_token": str(closed.sequence << 32),
        "hash": _ledger_hash(closed.sequence),
        "prev_hash": _ledger_hash(closed.sequence - 1),
        "sequence": closed.sequence,
        "successful_transaction_count": len(succeeded),
        "failed_transaction_count": len(transactions) - len(succeeded),
        "closed_at": as_time(closed.closed_at),
        "base_fee_in_stroops": BASE_FEE,
        "base_reserve_in_stroops": BASE_RESERVE,
        "max_tx_set_size": 1,
        "protocol_version": PROTOCOL,
    }


def fee_stats() -> dict[str, Any]:
    """Nobody competes for these ledgers: the base fee is enough, always."""
    percentiles = ("10", "20", "30", "40", "50", "60", "70", "80", "90", "95", "99")
    names = ("max", "min", "mode", *(f"p{percentile}" for percentile in percentiles))
    spread = {name: str(BASE_FEE) for name in names}
    return {
        "last_ledger": str(ledgers.latest().sequence),
        "last_ledger_base_fee": str(BASE_FEE),
        "ledger_capacity_usage": "0.01",
        "fee_charged": spread,
        "max_fee": spread,
    }


def _line(row: StellarTrustline) -> dict[str, Any]:
    return {
        "balance": as_amount(row.balance),
        "limit": as_amount(row.limit),
        "buying_liabilities": as_amount(0),
        "selling_liabilities": as_amount(0),
        "is_authorized": True,
        "is_authorized_to_maintain_liabilities": True,
        "asset_type": "credit_alphanum4" if len(row.asset_code) <= 4 else "credit_alphanum12",
        "asset_code": row.asset_code,
        "asset_issuer": row.asset_issuer,
        **({"sponsor": row.sponsor} if row.sponsor else {}),
    }


def _xlm(row: StellarAccount) -> dict[str, str]:
    return {
        "balance": as_amount(row.xlm),
        "buying_liabilities": as_amount(0),
        "selling_liabilities": as_amount(0),
        "asset_type": "native",
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
    if conditions is None or conditions.time_bounds is None:
        return {}
    bounds = conditions.time_bounds
    shown = {"min_time": str(bounds.min_time), "max_time": str(bounds.max_time)}
    if not bounds.max_time:
        del shown["max_time"]
    return {"preconditions": {"timebounds": shown}}


def _signatures(signatures: Sequence[DecoratedSignature]) -> list[str]:
    return [b64encode(each.signature).decode() for each in signatures]


def _ledger_hash(sequence: int) -> str:
    return hashlib.sha256(f"{network().passphrase} {sequence}".encode()).hexdigest()
