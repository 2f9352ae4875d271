"""Rehearsals: an act is carried out, what it posted is read, and everything is rolled back."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db import connection, transaction

from ledger.events import Actor
from ledger.fields import new_id
from ledger.models import Entry
from ledger.refusals import Refused


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What an act would post now, or why it would be refused."""

    entries: tuple[Entry, ...] = ()
    refusal: Refused | None = None


class _Over(Exception):
    """Ends the rehearsal, so that the block rolls back."""


def rehearse(act: Callable[[Actor], object], *, by: Actor) -> Rehearsal:
    """Run `act` with an actor whose transfers can be told apart, and leave no trace of it.

    Deferred constraints are checked as a commit would check them.
    """
    mark = replace(by, request_id=new_id("rehearsal"))
    seen = Rehearsal()
    try:
        with transaction.atomic():
            act(mark)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            seen = Rehearsal(entries=_posted(mark))
            raise _Over
    except _Over:
        return seen
    except Refused as refusal:
        return Rehearsal(refusal=refusal)


def _posted(mark: Actor) -> tuple[Entry, ...]:
    rows = Entry.objects.filter(transfer__request_id=mark.request_id)
    return tuple(rows.select_related("account", "transfer").order_by("pk"))
