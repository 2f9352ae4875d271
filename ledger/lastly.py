"""Rows that a transaction only adds – events, audit, the answer – written last, in one statement.

Inside `together()` they are kept back until its end, which nobody can forget: leaving the block
writes them, and leaving it by an exception rolls the transaction back with everything else. What
is written in a block further inside may be rolled back alone, so it is not kept back. A row that
belongs to a posting goes along with it, in its statement.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models import sql

from ledger.atomicity import require_transaction


@dataclass(slots=True)
class Kept:
    """What is kept back, and how many blocks deep the transaction was when that began."""

    depth: int
    rows: dict[type[models.Model], list[models.Model]] = field(default_factory=dict)
    along: list[models.Model] = field(default_factory=list)
    changes: list[tuple[str, Any]] = field(default_factory=list)


_kept: ContextVar[Kept | None] = ContextVar("kept", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Keep back what is written `lastly`, and write it when the block ends well."""
    require_transaction()
    token = _kept.set(kept := Kept(len(connection.atomic_blocks)))
    try:
        yield
    finally:
        _kept.reset(token)
    _write([*_taken(kept), *map(_inserted, kept.rows.values()), *kept.changes])


def insert(row: models.Model) -> None:
    """Write a new row, which nobody reads before the transaction's end."""
    if (kept := _kept_here()) is None:
        row.save(force_insert=True)
    else:
        kept.rows.setdefault(type(row), []).append(row)


def insert_along(row: models.Model) -> None:
    """Write a new row together with the posting that follows."""
    if (kept := _kept_here()) is None:
        row.save(force_insert=True)
    else:
        kept.along.append(row)


def with_rows(query: str, arguments: Sequence[Any]) -> tuple[str, list[Any]]:
    """The query of a posting, and with it the rows that go along."""
    kept = _kept_here()
    return _joined([*(_taken(kept) if kept else ()), (query, arguments)])


def update(rows: models.QuerySet[Any], **facts: Any) -> None:
    """Write facts into rows that were there before, and that nobody reads until the end."""
    if (kept := _kept_here()) is None:
        rows.update(**facts)
    else:
        kept.changes.append(_updated(rows, facts))


def _kept_here() -> Kept | None:
    kept = _kept.get()
    return kept if kept and kept.depth == len(connection.atomic_blocks) else None


def _taken(kept: Kept) -> list[tuple[str, Any]]:
    rows, kept.along = kept.along, []
    return [_inserted([row]) for row in rows]


def _inserted(rows: list[models.Model]) -> tuple[str, Any]:
    fields, here = rows[0]._meta.concrete_fields, connections[DEFAULT_DB_ALIAS]
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection=here)
        for row in rows
        for field in fields
    ]
    return _insert_into(type(rows[0]), len(rows)), values


@cache
def _insert_into(model: type[models.Model], rows: int) -> str:
    """Made once: Django would make it anew each time, which costs more than to write the rows."""
    quoted, fields = connection.ops.quote_name, model._meta.concrete_fields
    columns = ", ".join(quoted(str(field.column)) for field in fields)
    row = f"({', '.join(['%s'] * len(fields))})"
    table = quoted(model._meta.db_table)
    return f"INSERT INTO {table} ({columns}) VALUES {', '.join([row] * rows)}"


def _updated(rows: models.QuerySet[Any], facts: dict[str, Any]) -> tuple[str, Any]:
    query: Any = rows.query.chain(sql.UpdateQuery)
    query.add_update_values(facts)
    text, values = query.get_compiler(connection=connections[DEFAULT_DB_ALIAS]).as_sql()
    return text, values


def _write(statements: list[tuple[str, Any]]) -> None:
    if not statements:
        return
    with connection.cursor() as cursor:
        cursor.execute(*_joined(statements))


def _joined(statements: list[tuple[str, Any]]) -> tuple[str, list[Any]]:
    *others, (last, _) = statements
    named = ", ".join(f"written_{place} AS ({text})" for place, (text, _) in enumerate(others))
    values = [value for _, values in statements for value in values]
    return (f"WITH {named} {last}" if named else last), values
