"""An account: what it has, who signs for it, and what it says of itself."""

from typing import Any

from integrations.simulators.models import StellarAccount, StellarSigner, StellarTrustline
from integrations.simulators.stellar.amounts import as_amount, as_time
from integrations.simulators.stellar.resources.links import Links

_SUBRESOURCES = ("transactions", "operations", "payments")
_ABSENT = ("effects", "offers", "trades")  # kept as links, since every client expects them


def account(row: StellarAccount, link: Links) -> dict[str, Any]:
    path = f"accounts/{row.address}"
    resource = {
        "_links": {
            "self": link(path),
            **{name: link(f"{path}/{name}") for name in (*_SUBRESOURCES, *_ABSENT)},
            "data": {**link(f"{path}/data/{{key}}"), "templated": True},
        },
        "id": row.address,
        "account_id": row.address,
        "sequence": str(row.sequence),
        "subentry_count": row.num_subentries,
        "last_modified_ledger": row.changed_in,
        "last_modified_time": as_time(row.changed_at),
        "thresholds": _thresholds(row),
        "flags": {flag.name.lower(): bool(row.flags & flag) for flag in StellarAccount.Flag},
        "balances": [*map(_line, row.trustlines.order_by("id")), _xlm(row)],
        "signers": [*map(_signer, row.signers.order_by("key")), _master(row)],
        "data": dict(row.data.order_by("name").values_list("name", "value")),
        "num_sponsoring": row.num_sponsoring,
        "num_sponsored": row.num_sponsored,
        "paging_token": row.address,
    }
    optional = {"sponsor": row.sponsor, "home_domain": row.home_domain}
    return resource | {name: value for name, value in optional.items() if value}


def _thresholds(row: StellarAccount) -> dict[str, int]:
    return {
        "low_threshold": row.low_threshold,
        "med_threshold": row.medium_threshold,
        "high_threshold": row.high_threshold,
    }


def _line(row: StellarTrustline) -> dict[str, Any]:
    flag = StellarTrustline.Flag
    is_authorized = bool(row.flags & flag.AUTHORIZED)
    maintains = is_authorized or bool(row.flags & flag.AUTHORIZED_TO_MAINTAIN_LIABILITIES)
    return {
        "balance": as_amount(row.balance),
        "limit": as_amount(row.limit),
        "buying_liabilities": as_amount(0),
        "selling_liabilities": as_amount(0),
        "last_modified_ledger": row.changed_in,
        "is_authorized": is_authorized,
        "is_authorized_to_maintain_liabilities": maintains,
        "is_clawback_enabled": bool(row.flags & flag.CLAWBACK_ENABLED),
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


def _signer(row: StellarSigner) -> dict[str, Any]:
    shown = {"weight": row.weight, "key": row.key, "type": "ed25519_public_key"}
    return shown | ({"sponsor": row.sponsor} if row.sponsor else {})


def _master(row: StellarAccount) -> dict[str, Any]:
    return {"weight": row.master_weight, "key": row.address, "type": "ed25519_public_key"}
