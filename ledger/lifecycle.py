"""Statuses: one table of edges per noun, one function that moves along them, one that starts."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from . import clock, events
from .atomicity import require_transaction
from .events import Actor
from .refusals import Conflict, NotReady

SOON = timedelta(seconds=1)
# How long we may be asking somebody before we look again. Wake-ups that the broker lost are made
# good by the sweep, and conversations shall go on within 10 s of its return.
ASKING = timedelta(seconds=5)


class Overtaken(Conflict):
    """Somebody else moved it in the meantime."""


class Lifecycle(models.Model):
    """A noun with a status. `STANDS_AT_MOST` bounds the states in which somebody owes us an answer:
    past `wake_at` the sweep relays the state's event again. A state in `ENDS_AT` is first looked at
    when a moment of the row's own has come, which that field holds.
    """

    NOUN: ClassVar[str]
    TRANSITIONS: ClassVar[Mapping[str, set[Any]]]
    STANDS_AT_MOST: ClassVar[Mapping[str, timedelta]] = {}
    OWED_WITHIN: ClassVar[Mapping[str, timedelta]] = {}  # past it, it is a finding
    NOT_OWED: ClassVar[Q | None] = None  # rows in such a state that wait for us, and not for others
    ENDS_AT: ClassVar[Mapping[str, str]] = {}
    ANNOUNCED_AS: ClassVar[Mapping[str, str]] = {}  # event types other than `noun.status`

    created_at = models.DateTimeField()
    status_since = models.DateTimeField()
    wake_at = models.DateTimeField(null=True, db_index=True)

    id: Any
    book_id: int
    status: Any

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.id} {self.status}"

    @property
    def trail(self) -> str:
        """The public id under which a timeline collects what concerns this row."""
        return str(self.id)

    @classmethod
    def start(cls, *, by: Actor, **facts: Any) -> Self:
        """Insert a row in its first state, with its event. Joins the caller's transaction."""
        require_transaction()
        row = cls(**facts, created_at=(now := clock.now()), status_since=now)
        row.wake_at = row._wake_at(row.status, now, facts)
        row._insert()
        events.record(row.book_id, row.event_type(), row, by=by)
        return row

    def advance(self, to: str, *, by: Actor, reason: str = "", **facts: Any) -> None:
        """Move to `to` if an edge leads there and nobody was faster.

        Raises `NotReady` or `Overtaken`.

        The UPDATE decides the race, the event is part of the move, and both join the caller's
        transaction together with the postings that belong to the move.
        """
        require_transaction()
        before = self.status
        if to not in self.TRANSITIONS[before]:
            raise NotReady(current_status=before, allowed_from=self.allowed_from(to))
        now = clock.now()
        facts |= {"status": to, "status_since": now, "wake_at": self._wake_at(to, now, facts)}
        rows = self._rows().filter(pk=self.pk, status=before)
        if not rows.update(**facts):
            raise Overtaken(current_status=self._stands(), allowed_from=self.allowed_from(to))
        for name, value in facts.items():
            setattr(self, name, value)
        previous = {"status": before}
        events.record(
            self.book_id, self.event_type(), self, by=by, reason=reason, previous=previous
        )

    def locked(self) -> Self:
        """The row as it stands now, locked for an act or an outcome; users are locked before it."""
        row: Self = self._rows().select_for_update(no_key=True).get(pk=self.pk)
        return row

    def note(self, what: str, *, by: Actor, **facts: Any) -> None:
        """Write facts that do not change the status, with the event `noun.what`."""
        require_transaction()
        previous = {name: getattr(self, name) for name in facts}
        if not self._rows().filter(pk=self.pk, status=self.status).update(**facts):
            raise Overtaken(current_status=self._stands(), allowed_from=[self.status])
        for name, value in facts.items():
            setattr(self, name, value)
        events.record(self.book_id, f"{self.NOUN}.{what}", self, by=by, previous=previous)

    def look_again(self) -> None:
        """Have the sweep wake it soon: something that it needs is busy for a moment."""
        rows = self._rows().filter(pk=self.pk, status=self.status)
        rows.update(wake_at=clock.now() + SOON)

    def _insert(self) -> None:
        self.save(force_insert=True)

    def _stands(self) -> Any:
        """Where it stands by now, since somebody else was faster."""
        return self._rows().filter(pk=self.pk).values_list("status", flat=True).first()

    @classmethod
    def _rows(cls) -> Any:
        """Untyped, because `status` is a field of each noun and not of this class."""
        return cls._base_manager

    @classmethod
    def allowed_from(cls, to: str) -> list[str]:
        """The states from which an edge leads to `to`."""
        return sorted(str(here) for here, edges in cls.TRANSITIONS.items() if to in edges)

    @classmethod
    def type_of(cls, status: str) -> str:
        """The type of the event that announces `status`."""
        return cls.ANNOUNCED_AS.get(status, f"{cls.NOUN}.{status.lower()}")

    @property
    def waits_for_its_moment(self) -> bool:
        """Nobody has anything to do for it before then."""
        return self.status in self.ENDS_AT

    def event_type(self) -> str:
        return self.type_of(self.status)

    def _wake_at(self, status: str, now: Any, facts: Mapping[str, Any]) -> Any:
        if field := self.ENDS_AT.get(status):
            return facts.get(field, getattr(self, field))
        limit = self.STANDS_AT_MOST.get(status)
        return now + limit if limit else None

    @staticmethod
    def legal(statuses: type[models.TextChoices], *, noun: str) -> models.CheckConstraint:
        """The database's copy of the table: no other status can be stored."""
        return models.CheckConstraint(
            condition=Q(status__in=sorted(statuses.values)), name=f"{noun}_status_is_legal"
        )
