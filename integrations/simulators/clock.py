"""Advances the product's time; `ledger.clock` tells it."""

from datetime import datetime

from django.db import connection

from ledger import clock


def advance(*, seconds: int) -> datetime:
    """Move the product's time on, for every process at once, and answer what it is now."""
    if seconds < 0:
        raise ValueError("time never goes backwards")
    with connection.cursor() as cursor:
        cursor.execute(_ADVANCE, [seconds])
    clock.forget()
    return clock.now()


_ADVANCE = """
    INSERT INTO ledger_clock (ahead) VALUES (make_interval(secs => %s))
    ON CONFLICT (only_row) DO UPDATE SET ahead = ledger_clock.ahead + excluded.ahead
"""
