"""What an operation costs: 100 stroops, unless a surge was switched on."""

from typing import Any

from integrations.simulators.stellar import faults
from integrations.simulators.stellar.envelopes import Envelope

BASE_FEE = 100  # stroops an operation
_PERCENTILES = ("10", "20", "30", "40", "50", "60", "70", "80", "90", "95", "99")


def base_fee() -> int:
    """In stroops an operation, as of now."""
    surge = faults.lasting(faults.FEE_SURGE).get(faults.FEE_SURGE)
    return surge["base_fee"] if surge else BASE_FEE


def charged(envelope: Envelope, *, base_fee: int) -> int:
    """What a transaction is charged, and has to bid at least, in stroops."""
    return base_fee * envelope.paid_operations + envelope.resource_fee


def stats(*, last_ledger: int) -> dict[str, Any]:
    """Whoever bids the base fee is in; so that is what everybody bids."""
    fee = str(base_fee())
    names = ("max", "min", "mode", *(f"p{percentile}" for percentile in _PERCENTILES))
    spread = dict.fromkeys(names, fee)
    return {
        "last_ledger": str(last_ledger),
        "last_ledger_base_fee": fee,
        "ledger_capacity_usage": "0.01" if fee == str(BASE_FEE) else "1",
        "fee_charged": spread,
        "max_fee": spread,
    }
