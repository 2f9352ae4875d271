"""Rehearsals: what `post()` is asked to write is noted, and in an expectation only noted.

`witnessed()` lets postings happen and tells which; `expected()` keeps them from happening, so that
the very function that will post an outcome says beforehand what it would be.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Script:
    """The legs of one rehearsal, transfer by transfer, and whether they are written as well."""

    is_written: bool
    legs: list[Any] = field(default_factory=list)


_script: ContextVar[Script | None] = ContextVar("script", default=None)


@contextmanager
def witnessed() -> Iterator[Script]:
    """Postings are written, and noted."""
    with _played(Script(is_written=True)) as script:
        yield script


@contextmanager
def expected() -> Iterator[Script]:
    """Postings are noted and not written."""
    with _played(Script(is_written=False)) as script:
        yield script


def note(legs: list[Any]) -> bool:
    """Note the legs of a transfer if this is a rehearsal; whether it is to be written."""
    script = _script.get()
    if script is None:
        return True
    script.legs += legs
    return script.is_written


@contextmanager
def _played(script: Script) -> Iterator[Script]:
    token = _script.set(script)
    try:
        yield script
    finally:
        _script.reset(token)
