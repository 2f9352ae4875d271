"""The timekeeper: beat, which wakes in the manner of everybody here."""

from typing import Any

from celery.beat import PersistentScheduler

from ledger import events


class Timekeeper(PersistentScheduler):  # type: ignore[misc]
    """While the broker is away it says so in a line, and not in a traceback for each task."""

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        events.wake(entry.task)
