"""Amounts: whole stroops (10**-7 USD) inside, decimal strings outside, and the fee arithmetic."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .refusals import Invalid

USD = "USD"
DOLLAR = 10_000_000  # stroops
CENTS = 2  # decimals that orders, top-ups and Airtm take
STROOPS = 7  # decimals that the chain takes
LARGEST = 2**63 - 1
PROTOCOL_BPS = 30  # Trustless Work's 0.3 %, on releases and on refunds

_AMOUNT = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)


class InvalidAmount(Invalid):
    """The amount must be a decimal string above zero, without sign, exponent or blanks."""

    code = "INVALID_AMOUNT"


def parse(text: object, *, decimals: int = CENTS) -> int:
    """Stroops from a decimal string such as `"12.30"`; raises `InvalidAmount` for anything else."""
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text):
        raise InvalidAmount
    whole, _, fraction = text.partition(".")
    if len(fraction) > decimals:
        raise InvalidAmount(f"At most {decimals} decimals are taken here.")
    amount = int(whole) * DOLLAR + int(fraction.ljust(STROOPS, "0"))
    if amount > LARGEST:
        raise InvalidAmount("At most 922337203685.4775807 are taken.")
    if not amount:
        raise InvalidAmount
    return amount


def text(amount: int) -> str:
    """`"94.70"`: at least two decimals and at most seven."""
    sign, (whole, fraction) = "-" * (amount < 0), divmod(abs(amount), DOLLAR)
    return f"{sign}{whole}.{f'{fraction:07}'.rstrip('0').ljust(2, '0')}"


@dataclass(frozen=True, slots=True)
class Share:
    """What one party gets of a settlement, and what it bears, in stroops."""

    net: int
    platform: int
    protocol: int


def shared(amounts: Mapping[str, int], *, platform_bps: int) -> dict[str, Share]:
    """How a resolution splits: both fees on the sum, each recipient bears its part, rounded down.

    The dust stays with the recipients, as the contract leaves it.
    """
    total = sum(amounts.values())
    protocol, platform = (total * bps // 10_000 for bps in (PROTOCOL_BPS, platform_bps))
    return {
        to: Share(
            net=amount - amount * protocol // total - amount * platform // total,
            platform=amount * platform // total,
            protocol=amount * protocol // total,
        )
        for to, amount in amounts.items()
    }


def released(amount: int, *, platform_bps: int) -> Share:
    """How a release of `amount` divides between the receiver, the platform and the protocol."""
    platform, protocol = amount * platform_bps // 10_000, amount * PROTOCOL_BPS // 10_000
    return Share(net=amount - platform - protocol, platform=platform, protocol=protocol)
