"""Bars: the charts of the back office, each line a sum, in as many shades as it has parts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ledger import money
from ledger.display import dollars


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: which shade of the legend, how long in percent, and what it says."""

    shade: int
    length: int
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart: what it is, how much, and of what."""

    name: str
    value: str
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    legend: list[tuple[int, str]]
    bars: list[Bar]


def chart(title: str, shades: list[str], sums: Mapping[str, Mapping[str, int]]) -> Chart:
    """Line → shade → sum, in stroops; the longest line is full."""
    most = max((sum(parts.values()) for parts in sums.values()), default=0)
    lines = [_bar(name, shades, parts, most) for name, parts in sums.items()]
    return Chart(title, list(enumerate(shades)), lines)


def of_amounts(title: str, amounts: Iterable[tuple[str, int]]) -> Chart:
    """A chart of plain sums, in stroops; names may repeat."""
    known = list(amounts)
    most = max((amount for _, amount in known), default=0)
    lines = [Bar(name, dollars(it), [Part(0, percent(it, most), "")]) for name, it in known]
    return Chart(title, [], lines)


def percent(value: int, most: int) -> int:
    """How long a bar of `value` is where the longest one stands for `most`."""
    return value * 100 // most if most else 0


def _bar(name: str, shades: Iterable[str], sums: Mapping[str, int], most: int) -> Bar:
    parts = [
        Part(place, percent(sums[shade], most), f"{shade}: {money.text(sums[shade])}")
        for place, shade in enumerate(shades)
        if sums.get(shade)
    ]
    return Bar(name, dollars(sum(sums.values())), parts)
