"""Bars: the small charts of the back office."""

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.display import dollars


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart: what it is, how much, and how long the bar is, in percent."""

    name: str
    value: str
    length: int


def of_amounts(amounts: Iterable[tuple[str, int]]) -> list[Bar]:
    """A chart of sums, in stroops; the largest fills its line."""
    known = list(amounts)
    most = max((amount for _, amount in known), default=0)
    return [
        Bar(name, dollars(amount), amount * 100 // most if most else 0) for name, amount in known
    ]
