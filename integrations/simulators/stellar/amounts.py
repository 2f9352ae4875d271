"""Stroops and the words in which Horizon writes amounts, assets and times."""

from datetime import UTC, datetime
from decimal import Decimal

from stellar_sdk import Asset

XLM = Asset.native()
_END_OF_TIME = 253_402_300_799
MOST = 2**63 - 1  # the largest amount of anything, in stroops


def to_stroops(amount: str) -> int:
    """The SDK's decimal string, which may read `1E-7`, as whole stroops."""
    return int(Decimal(amount).scaleb(7))


def as_amount(stroops: int) -> str:
    whole, fraction = divmod(stroops, 10_000_000)
    return f"{whole}.{fraction:07d}"


def as_asset(asset: Asset, *, prefix: str = "asset_") -> dict[str, str]:
    if asset.is_native():
        return {f"{prefix}type": "native"}
    return {
        f"{prefix}type": asset.type,
        f"{prefix}code": asset.code,
        f"{prefix}issuer": str(asset.issuer),
    }


def asset_of(*, code: str, issuer: str) -> Asset:
    """The native asset is the one without an issuer."""
    return Asset(code, issuer) if issuer else XLM


def as_asset_name(asset: Asset) -> str:
    """`native`, or `CODE:ISSUER`."""
    return "native" if asset.is_native() else f"{asset.code}:{asset.issuer}"


def moment_of(seconds: int) -> datetime:
    """A moment of the chain's, in seconds; beyond the year 9999 it makes no difference."""
    return datetime.fromtimestamp(max(0, min(seconds, _END_OF_TIME)), UTC)


def as_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def balance_change(
    *, kind: str, sender: str, target: str, asset: Asset, stroops: int
) -> dict[str, str]:
    """One of the `asset_balance_changes` that Horizon lists under a contract call."""
    change = {"type": kind, "from": sender, "to": target, "amount": as_amount(stroops)}
    return as_asset(asset) | {name: value for name, value in change.items() if value}
