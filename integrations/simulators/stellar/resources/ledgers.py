"""A ledger: when it closed, what it carried, and its header."""

import hashlib
from collections.abc import Sequence
from typing import Any

from stellar_sdk import xdr

from integrations.providers.stellar.networks import network
from integrations.simulators.models import StellarTransaction
from integrations.simulators.stellar.amounts import as_amount, as_time
from integrations.simulators.stellar.genesis import ALL_XLM
from integrations.simulators.stellar.ledgers import Ledger
from integrations.simulators.stellar.reserves import BASE_RESERVE
from integrations.simulators.stellar.resources.links import Links

PROTOCOL = 23
_SUBRESOURCES = ("transactions", "operations", "payments", "effects")
_NO_HASH = xdr.Hash(bytes(32))  # of what a chain of one node does not have


def ledger(closed: Ledger, link: Links, *, transactions: Sequence[StellarTransaction]) -> Any:
    path = f"ledgers/{closed.sequence}"
    succeeded = [each for each in transactions if each.successful]
    return {
        "_links": {
            "self": link(path),
            **{name: link(f"{path}/{name}") for name in _SUBRESOURCES},
        },
        "id": _ledger_hash(closed.sequence),
        "paging_token": str(closed.sequence << 32),
        "hash": _ledger_hash(closed.sequence),
        "prev_hash": _ledger_hash(closed.sequence - 1),
        "sequence": closed.sequence,
        "successful_transaction_count": len(succeeded),
        "failed_transaction_count": len(transactions) - len(succeeded),
        "closed_at": as_time(closed.closed_at),
        "operation_count": sum(map(_operations, succeeded)),
        "tx_set_operation_count": sum(map(_operations, transactions)),
        "total_coins": as_amount(ALL_XLM),
        "fee_pool": as_amount(closed.fee_pool),
        "base_fee_in_stroops": closed.base_fee,
        "base_reserve_in_stroops": BASE_RESERVE,
        "max_tx_set_size": 1,
        "protocol_version": PROTOCOL,
        "header_xdr": _header(closed),
    }


def _operations(row: StellarTransaction) -> int:
    return len(row.operations.all())


def _header(closed: Ledger) -> str:
    value = xdr.StellarValue(
        tx_set_hash=_NO_HASH,
        close_time=xdr.TimePoint(xdr.Uint64(int(closed.closed_at.timestamp()))),
        upgrades=[],
        ext=xdr.StellarValueExt(xdr.StellarValueType.STELLAR_VALUE_BASIC),
    )
    header = xdr.LedgerHeader(
        ledger_version=xdr.Uint32(PROTOCOL),
        previous_ledger_hash=xdr.Hash(bytes.fromhex(_ledger_hash(closed.sequence - 1))),
        scp_value=value,
        tx_set_result_hash=_NO_HASH,
        bucket_list_hash=_NO_HASH,
        ledger_seq=xdr.Uint32(closed.sequence),
        total_coins=xdr.Int64(ALL_XLM),
        fee_pool=xdr.Int64(closed.fee_pool),
        inflation_seq=xdr.Uint32(0),
        id_pool=xdr.Uint64(0),
        base_fee=xdr.Uint32(closed.base_fee),
        base_reserve=xdr.Uint32(BASE_RESERVE),
        max_tx_set_size=xdr.Uint32(1),
        skip_list=[_NO_HASH] * 4,
        ext=xdr.LedgerHeaderExt(0),
    )
    return header.to_xdr()


def _ledger_hash(sequence: int) -> str:
    # Ledgers follow from the clock: the number says as much as a chain of hashes would.
    return hashlib.sha256(f"{network().passphrase} {sequence}".encode()).hexdigest()
