"""The root: which network this is, and how far history reaches."""

from typing import Any

from integrations.providers.stellar.networks import network
from integrations.simulators.stellar import ledgers
from integrations.simulators.stellar.amounts import as_time
from integrations.simulators.stellar.resources.ledgers import PROTOCOL
from integrations.simulators.stellar.resources.links import Links

_VERSION = "offerhub-simulator"


def root(link: Links) -> dict[str, Any]:
    latest, told = ledgers.latest(), ledgers.told()
    newest = told.newest or latest
    return {
        "_links": {
            "self": link(""),
            "account": {**link("accounts/{account_id}"), "templated": True},
            "transaction": {**link("transactions/{hash}"), "templated": True},
        },
        "horizon_version": _VERSION,
        "core_version": _VERSION,
        "ingest_latest_ledger": newest.sequence,
        "history_latest_ledger": newest.sequence,
        "history_latest_ledger_closed_at": as_time(newest.closed_at),
        "history_elder_ledger": told.elder,
        "core_latest_ledger": latest.sequence,
        "network_passphrase": network().passphrase,
        "current_protocol_version": PROTOCOL,
        "supported_protocol_version": PROTOCOL,
        "core_supported_protocol_version": PROTOCOL,
    }
