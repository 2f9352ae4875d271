"""The ledger clock: which ledger was closed when, and the lock that keeps the chain serial."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from integrations.simulators.models import StellarLedger
from integrations.simulators.stellar import faults, fees
from ledger import clock

CLOSES_EVERY = timedelta(seconds=5)
_CHAIN = 0x57E11A  # the advisory lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    sequence: int
    closed_at: datetime
    base_fee: int = fees.BASE_FEE  # stroops an operation
    fee_pool: int = 0  # stroops


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    elder: int  # the oldest ledger
    newest: Ledger | None  # None: the latest, whichever that is
    refuses_older: bool  # with a 410; otherwise what is older is just not there


@contextmanager
def serial_chain() -> Iterator[None]:
    """One writer at a time, over all processes; everything inside commits together."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN])
        yield


def latest() -> Ledger:
    """The newest closed ledger. It follows the clock even where no transaction comes."""
    return _followed(StellarLedger.objects.order_by("-sequence").first(), until=clock.now())


def told() -> Told:
    """Which ledgers history tells of: all, unless ingestion lags or history was cut off."""
    lasting = faults.lasting(faults.LAGGING_INGESTION, faults.BEFORE_HISTORY, faults.PRUNED_HISTORY)
    if not lasting:
        return Told(elder=1, newest=None, refuses_older=False)
    lag = lasting.pop(faults.LAGGING_INGESTION, None)
    kept = [options["seconds"] for options in lasting.values()]
    return Told(
        elder=as_of(seconds_ago=min(kept)).sequence + 1 if kept else 1,
        newest=as_of(seconds_ago=lag["seconds"]) if lag else None,
        refuses_older=faults.BEFORE_HISTORY in lasting,
    )


def as_of(*, seconds_ago: int) -> Ledger:
    """The newest ledger that had closed by then, or the first one ever."""
    moment = clock.now() - timedelta(seconds=seconds_ago)
    closed = StellarLedger.objects.filter(closed_at__lte=moment).order_by("-sequence")
    return _followed(
        closed.first() or StellarLedger.objects.order_by("sequence").first(), until=moment
    )


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
    is_empty = before.sequence < sequence
    return Ledger(
        sequence=sequence,
        closed_at=before.closed_at + (sequence - before.sequence) * CLOSES_EVERY,
        base_fee=max(fees.base_fee(), fees.BASE_FEE if is_empty else before.base_fee),
        fee_pool=before.fee_pool,
    )


def _followed(last: StellarLedger | None, *, until: datetime) -> Ledger:
    """The newest ledger at `until`, if `last` was the last one with a transaction."""
    if last is None:
        return Ledger(sequence=1, closed_at=until)
    empty = max(0, (until - last.closed_at) // CLOSES_EVERY)
    return Ledger(sequence=last.sequence + empty, closed_at=last.closed_at + empty * CLOSES_EVERY)
