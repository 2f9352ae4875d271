"""The ledger clock: which ledger was closed when, and the lock that keeps the chain serial."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from integrations.simulators.models import StellarLedger
from ledger import clock

CLOSES_EVERY = timedelta(seconds=5)
_CHAIN = 0x57E11A  # the advisory lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    sequence: int
    closed_at: datetime


@contextmanager
def serial_chain() -> Iterator[None]:
    """One writer at a time, over all processes; everything inside commits together."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN])
        yield


def latest() -> Ledger:
    """The newest closed ledger. It follows the clock even where no transaction comes."""
    last = StellarLedger.objects.order_by("-sequence").first()
    if last is None:
        return Ledger(sequence=1, closed_at=clock.now())
    empty = max(0, (clock.now() - last.closed_at) // CLOSES_EVERY)
    return Ledger(sequence=last.sequence + empty, closed_at=last.closed_at + empty * CLOSES_EVERY)


def upcoming() -> Ledger:
    """The ledger that the next transaction enters: at once, and later than any before it."""
    before = latest()
    soonest = before.closed_at + timedelta(microseconds=1)
    return Ledger(sequence=before.sequence + 1, closed_at=max(soonest, clock.now()))


def closed(*, sequence: int) -> Ledger:
    """A closed ledger by its number; an empty one closed its multiple of 5 s after a full one."""
    before = StellarLedger.objects.filter(sequence__lte=sequence).order_by("-sequence").first()
    if before is None:
        return latest()
    return Ledger(
        sequence=sequence,
        closed_at=before.closed_at + (sequence - before.sequence) * CLOSES_EVERY,
    )
