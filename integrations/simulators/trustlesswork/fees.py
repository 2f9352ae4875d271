"""Who gets how much of a payout, in whole stroops and rounded down as the contract does."""

from collections.abc import Mapping
from dataclasses import dataclass

PROTOCOL_BPS = 30  # Trustless Work's 0.3 %
WHOLE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    protocol: int  # to Trustless Work
    platform: int
    receivers: dict[str, int]


def of_release(*, amount: int, platform_bps: int, receiver: str) -> Payout:
    protocol, platform = _fees(amount, platform_bps)
    return Payout(
        protocol=protocol, platform=platform, receivers={receiver: amount - protocol - platform}
    )


def of_distribution(*, shares: Mapping[str, int], platform_bps: int) -> Payout:
    """Each share bears its part of the fees on the total; what rounding leaves stays with it."""
    total = sum(shares.values())
    protocol, platform = _fees(total, platform_bps)
    protocol_parts = {who: share * protocol // total for who, share in shares.items()}
    platform_parts = {who: share * platform // total for who, share in shares.items()}
    return Payout(
        protocol=sum(protocol_parts.values()),
        platform=sum(platform_parts.values()),
        receivers={
            who: share - protocol_parts[who] - platform_parts[who] for who, share in shares.items()
        },
    )


def _fees(amount: int, platform_bps: int) -> tuple[int, int]:
    return amount * PROTOCOL_BPS // WHOLE, amount * platform_bps // WHOLE
