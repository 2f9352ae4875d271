"""The maintenance switch: writes pause, reads and what providers tell us go on."""

import time
from datetime import UTC, datetime

from integrations.marketplaces.models import Maintenance
from ledger.events import Actor
from ledger.refusals import Refused

_SECONDS = 1  # a process believes what it has read for so long
_USUAL_PAUSE = 30  # seconds after which to try again, when nobody knows until when
_read: tuple[Maintenance | None, float] = (None, 0)


class UnderMaintenance(Refused):
    """Writes are paused by an operator; reads go on."""

    code = "MAINTENANCE"
    retry_after = _USUAL_PAUSE


def begin(*, message: str, until: datetime | None, by: Actor) -> None:
    """Pause writes in every process, within a second."""
    facts = {"message": message, "until": until, "actor": by.name, "since": datetime.now(UTC)}
    Maintenance.objects.update_or_create(id=1, defaults=facts)
    _forget()


def end() -> bool:
    """Let writes go on; whether they were paused."""
    deleted, _ = Maintenance.objects.all().delete()
    _forget()
    return bool(deleted)


def standing() -> Maintenance | None:
    """The switch, if it is on. A moment that has passed leaves it on: an operator ends it."""
    global _read  # noqa: PLW0603 – per process
    row, until = _read
    if time.monotonic() >= until:
        row = Maintenance.objects.first()
        _read = (row, time.monotonic() + _SECONDS)
    return row


def refuse() -> None:
    """Raises `UnderMaintenance` while writes are paused."""
    if (switch := standing()) is None:
        return
    refusal = UnderMaintenance(switch.message)
    if switch.until:
        left = (switch.until - datetime.now(UTC)).total_seconds()
        refusal.retry_after = int(left) + 1 if left > 0 else _USUAL_PAUSE
        refusal.details["until"] = switch.until
    raise refusal


def _forget() -> None:
    global _read  # noqa: PLW0603 – per process
    _read = (None, 0)
