"""Opening balances from a file: read, matched with users, and posted together or not at all."""

import csv
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integrations.marketplaces.models import User
from ledger.events import Actor
from ledger.money import STROOPS, InvalidAmount, parse
from ledger.refusals import Refused
from payments import postings
from payments.postings import Opening

COLUMNS = ["external_id", "available"]
AT_ONCE = 500  # rows of one batch; all batches of a file are one transaction


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file; `amount` in stroops."""

    line: int
    external_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a line cannot be posted."""

    line: int
    what: str


@dataclass(frozen=True, slots=True)
class File:
    """What was read; `digest` is the SHA-256 of its very bytes."""

    digest: str
    rows: list[Row]
    wrong: list[Wrong]

    @property
    def total(self) -> int:
        return sum(row.amount for row in self.rows)


@dataclass(slots=True)
class Outcome:
    """How many transfers were written, how many were there already, and what was refused."""

    posted: int = 0
    known: int = 0
    wrong: list[Wrong] = field(default_factory=list)


def read(path: Path) -> File:
    """The rows of a CSV file, and everything that is wrong with it. Raises `OSError`."""
    content = path.read_bytes()
    file = File(hashlib.sha256(content).hexdigest(), [], [])
    # Bytes that are not UTF-8 become lone surrogates, so that each such line can be named.
    text = content.decode("utf-8-sig", errors="surrogateescape")
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        _read_lines(lines, file)
    except csv.Error as error:
        file.wrong.append(Wrong(lines.line_num, f"not CSV: {error}"))
    return file


def matched(book: int, rows: list[Row]) -> tuple[list[Opening], list[Wrong]]:
    """Whose each row is among the users of the book, and the rows that are nobody's."""
    names = [row.external_id for row in rows]
    found = User.objects.of(book).filter(external_id__in=names)
    users = dict(found.values_list("external_id", "id"))
    openings = [
        Opening(users[row.external_id], row.amount, row.line)
        for row in rows
        if row.external_id in users
    ]
    unknown = [
        Wrong(row.line, f"no user '{row.external_id}'")
        for row in rows
        if row.external_id not in users
    ]
    return openings, unknown


def post(
    book: int,
    openings: list[Opening],
    *,
    approval: str,
    by: Actor,
    on_batch: Callable[[int], None],
) -> Outcome:
    """Post in batches, in the caller's transaction, and tell `on_batch` how many rows are done.

    A row's cause is the approval and its line, so that a second run finds every transfer there.
    """
    outcome = Outcome()
    for begin in range(0, len(openings), AT_ONCE):
        batch = openings[begin : begin + AT_ONCE]
        answers = postings.opening_balances(book, batch, approval=approval, by=by)
        for opening, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Refused):
                outcome.wrong.append(Wrong(opening.row, f"{answer.code}: {answer.message}"))
            else:
                outcome.posted += answer.is_new
                outcome.known += not answer.is_new
        on_batch(len(batch))
    return outcome


def _read_lines(lines: Any, file: File) -> None:
    header: list[str] = next(lines, [])
    if header != COLUMNS:
        file.wrong.append(Wrong(1, f"the header must be {','.join(COLUMNS)}"))
        return
    first_seen: dict[str, int] = {}
    for cells in lines:
        if not cells:
            continue  # an empty line, as many a program leaves one at the end
        try:
            row = _row(lines.line_num, cells)
        except ValueError as error:
            file.wrong.append(Wrong(lines.line_num, str(error)))
            continue
        file.rows.append(row)
        before = first_seen.setdefault(row.external_id, row.line)
        if before != row.line:
            file.wrong.append(Wrong(row.line, f"'{row.external_id}' is on line {before} already"))


def _row(line: int, cells: list[str]) -> Row:
    if len(cells) != len(COLUMNS):
        raise ValueError(f"{len(cells)} columns instead of {len(COLUMNS)}")
    external_id, amount = cells
    if not "".join(cells).isprintable():
        raise ValueError("not UTF-8, or not printable")
    try:
        return Row(line, external_id, parse(amount, decimals=STROOPS))
    except InvalidAmount as error:
        raise ValueError(f"'{amount}': {error.message}") from error
