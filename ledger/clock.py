"""What time it is: the database's clock, plus the offset that only the sandbox may advance."""

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """The product's time, in UTC. Every worker agrees on it, since the database keeps it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_now()")
        moment: datetime = cursor.fetchone()[0]
    return moment
