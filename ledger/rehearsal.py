"""Rehearsals: an act is carried out, what it moves is noted, and everything is rolled back.

What it posts at once is read from the record before it vanishes. What its outcome will post is told
by the very function that will post it (an expectation): there postings are noted and not written.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import connection, transaction

from ledger.events import present
from ledger.models import Entry
from ledger.refusals import Refused

T = TypeVar("T")
Expectation = Callable[[T], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What an act would post now, what its outcome would, or why it would be refused."""

    entries: tuple[Entry, ...] = ()
    expected: tuple[Any, ...] = ()  # legs
    unchecked: tuple[str, ...] = ()  # what only a provider can tell
    shown: Any = None  # the resource as it would be
    refusal: Refused | None = None


@dataclass(slots=True)
class _Script:
    """The transfers that were written, and the legs of those that were only noted."""

    is_expectation: bool = False
    transfers: list[str] = field(default_factory=list)
    legs: list[Any] = field(default_factory=list)


class _Over(Exception):
    """Ends the rehearsal, so that the block rolls back."""


_script: ContextVar[_Script | None] = ContextVar("script", default=None)


def rehearse(act: Callable[[], T], *, expects: Expectation[T] | None = None) -> Rehearsal:
    """Run `act`, and then what its outcome is expected to be, and leave no trace of either.

    Deferred constraints are checked as a commit would check them. A refusal of the act is told.
    """
    seen = Rehearsal()
    try:
        with transaction.atomic():
            seen = _played(act, expects)
            raise _Over
    except _Over:
        return seen
    except Refused as refusal:
        return Rehearsal(refusal=refusal)


def is_written(legs: list[Any]) -> bool:
    """Whether these legs are to be written: in an expectation they are noted instead."""
    script = _script.get()
    if script is None or not script.is_expectation:
        return True
    script.legs += legs
    return False


def witness(transfer: str) -> None:
    """Note a transfer that was written, if this is a rehearsal."""
    if (script := _script.get()) is not None:
        script.transfers.append(transfer)


def _played(act: Callable[[], T], expects: Expectation[T] | None) -> Rehearsal:
    with _noting(_Script()) as now:
        resource = act()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with _noting(_Script(is_expectation=True)) as later:
        unchecked = tuple(expects(resource)) if expects else ()
    return Rehearsal(
        entries=_posted(now.transfers),
        expected=tuple(later.legs),
        unchecked=unchecked,
        shown=present(resource) if hasattr(resource, "NOUN") else None,
    )


def _posted(transfers: list[str]) -> tuple[Entry, ...]:
    if not transfers:
        return ()
    rows = Entry.objects.filter(transfer__in=transfers)
    return tuple(rows.select_related("account", "transfer").order_by("pk"))


@contextmanager
def _noting(script: _Script) -> Iterator[_Script]:
    token = _script.set(script)
    try:
        yield script
    finally:
        _script.reset(token)
