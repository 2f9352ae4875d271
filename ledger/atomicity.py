"""Two guards: money joins the caller's transaction, and providers are called outside of one."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import Error, ProgrammingError, connection


def require_transaction() -> None:
    """Raise `ProgrammingError` unless the caller has opened a transaction."""
    if not _open_blocks():
        raise ProgrammingError("this joins the caller's transaction, and there is none")


def refuse_transaction() -> None:
    """Raise `ProgrammingError` if one is open: nobody waits for a provider with rows locked."""
    if _open_blocks():
        raise ProgrammingError("a provider must not be called while a transaction is open")


@contextmanager
def alone(subject: str) -> Iterator[bool]:
    """Hold the one conversation about `subject`; yields False if somebody else holds it.

    A session lock of PostgreSQL: it dies with its process, so that a killed worker leaves no
    lease behind, and it keeps no transaction open while a provider is asked.
    """
    refuse_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [subject])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            # A connection that has died took its lock along, and its error is the one to tell.
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [subject])


def _open_blocks() -> list[Any]:
    # The block that a test case opens around itself does not count: it would hide a missing one.
    blocks: list[Any] = connection.atomic_blocks
    return [block for block in blocks if not block._from_testcase]
