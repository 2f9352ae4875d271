"""An operation, with what its type adds."""

from typing import Any

from integrations.simulators.models import StellarOperation
from integrations.simulators.stellar.amounts import as_time
from integrations.simulators.stellar.resources.links import Links


def operation(row: StellarOperation, link: Links) -> dict[str, Any]:
    parent = row.transaction
    return {
        "_links": {
            "self": link(f"operations/{row.id}"),
            "transaction": link(f"transactions/{parent.hash}"),
            "effects": link(f"operations/{row.id}/effects"),
            "precedes": link(f"effects?order=asc&cursor={row.id}"),
            "succeeds": link(f"effects?order=desc&cursor={row.id}"),
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
