"""Rows as CSV (RFC 4180), line by line, and safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

from ledger import money
from ledger.statements import Line

COLUMNS = (
    "created_at", "transfer_id", "kind", "cause", "trail", "account", "subject", "currency",
    "change", "balance_after", "counter_accounts",
)  # fmt: skip
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet would compute


def statement(lines: Iterable[Line]) -> Iterator[str]:
    """A statement with its header, newest first; amounts are decimal strings."""
    writer = csv.writer(_Passed())
    yield writer.writerow(COLUMNS)
    for line in lines:
        yield writer.writerow(_cells(line))


def table_of(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Any rows under these columns; what a row does not say is left empty."""
    writer = csv.writer(_Passed())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([plain(str(row.get(name, ""))) for name in columns])


def plain(text: str) -> str:
    """Text that a spreadsheet shows and does not compute."""
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _cells(line: Line) -> list[str]:
    asset = line.account.asset
    return [
        line.recorded_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        *map(plain, (line.transfer, line.kind, line.cause, line.trail)),
        *map(plain, (line.account.kind, line.account.subject, asset)),
        money.text(line.change),
        money.text(line.balance_after),
        " ".join(line.counter_accounts),
    ]


class _Passed:
    """Where `csv` writes to: each line is handed back at once and nothing is collected."""

    def write(self, line: str) -> str:
        return line
