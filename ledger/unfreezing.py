"""Unfreezing: the act that every kind of frozen record shares, and for how long one was frozen."""

from datetime import datetime
from typing import Any

from ledger import clock, events, findings
from ledger.acts import Act
from ledger.events import Actor
from ledger.models import Event
from ledger.refusals import Conflict


class NotSettled(Conflict):
    """Settle the open findings about this first."""

    code = "FINDINGS_STILL_OPEN"


class Unfreeze(Act):
    """Let a frozen record act again."""

    takes_two = True
    title = "Unfreeze"
    explains = "Acts on it are possible again. Its open findings must be settled before."

    def is_offered(self, record: Any) -> bool:
        return record.frozen_at is not None

    def do(self, record: Any, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        if findings.still_open(str(record.pk)):
            raise NotSettled
        previous = {"frozen_at": record.frozen_at}  # nothing else tells when the system froze it
        self.about._base_manager.filter(pk=record.pk).update(frozen_at=None)
        record.frozen_at = None
        type_ = f"{record.NOUN}.unfrozen"
        events.record(record.book_id, type_, record, by=by, reason=reason, previous=previous)


class Freeze(Act):
    """Stop a record's acts; outcomes go on. One person is enough: it can be taken back."""

    title = "Freeze"
    explains = "No act on it is possible until two people unfreeze it; outcomes are still booked."

    def is_offered(self, record: Any) -> bool:
        return record.frozen_at is None

    def do(self, record: Any, *, by: Actor, reason: str, cause: str, **_: Any) -> None:
        now = clock.now()
        self.about._base_manager.filter(pk=record.pk).update(frozen_at=now)
        record.frozen_at = now
        events.record(record.book_id, f"{record.NOUN}.frozen", record, by=by, reason=reason)


def spans(record: Any) -> list[tuple[datetime, datetime]]:
    """From when to when a record was frozen; what is frozen still, until now."""
    ended = Event.across_books.filter(resource_id=record.pk, type=f"{record.NOUN}.unfrozen")
    told = [
        (datetime.fromisoformat(begun), at)
        for at, begun in ended.values_list("occurred_at", "previous__frozen_at")
        if begun
    ]
    return told + ([(record.frozen_at, clock.now())] if record.frozen_at else [])
