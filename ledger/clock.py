"""What time it is: the database's clock, plus the offset that only the sandbox may advance."""

import time
from datetime import datetime, timedelta

from django.db import connection

_FRESH = 50_000_000  # nanoseconds for which what the database said is carried on
_read: tuple[int, datetime] | None = None  # when we read it by our own monotonic clock, and what


def now() -> datetime:
    """The product's time, in UTC. Every worker agrees on it, since the database keeps it.

    A process carries the last answer on for a few hundredths of a second, because one request
    asks a dozen times; another process's advance is seen after that.
    """
    global _read  # noqa: PLW0603 – per process; losing an update costs one more query
    here, ours = _read, time.monotonic_ns()
    if here is None or ours - here[0] > _FRESH:
        _read = here = (ours, _ask())
    return here[1] + timedelta(microseconds=(ours - here[0]) // 1000)


def forget() -> None:
    """Ask the database again next time: its clock was advanced just now."""
    global _read  # noqa: PLW0603
    _read = None


def _ask() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_now()")
        moment: datetime = cursor.fetchone()[0]
    return moment
