"""A claimable balance: how much lies ready, and for whom."""

from typing import Any

from stellar_sdk import ClaimPredicate, xdr

from integrations.simulators.models import StellarClaimableBalance
from integrations.simulators.stellar import predicates
from integrations.simulators.stellar.amounts import as_amount, as_asset_name, as_time, asset_of
from integrations.simulators.stellar.resources.links import Links


def claimable_balance(row: StellarClaimableBalance, link: Links) -> dict[str, Any]:
    path = f"claimable_balances/{row.id}"
    return {
        "_links": {
            "self": link(path),
            "transactions": link(f"{path}/transactions"),
            "operations": link(f"{path}/operations"),
        },
        "id": row.id,
        "asset": as_asset_name(asset_of(code=row.asset_code, issuer=row.asset_issuer)),
        "amount": as_amount(row.amount),
        "sponsor": row.sponsor,
        "last_modified_ledger": row.changed_in,
        "last_modified_time": as_time(row.changed_at),
        "claimants": [_claimant(each) for each in row.claimants],
        "flags": {"clawback_enabled": row.is_clawback_enabled},
        "paging_token": f"{row.changed_in}-{row.id}",
    }


def _claimant(stored: dict[str, str]) -> dict[str, Any]:
    predicate = ClaimPredicate.from_xdr_object(xdr.ClaimPredicate.from_xdr(stored["predicate"]))
    return {"destination": stored["destination"], "predicate": predicates.shown(predicate)}
