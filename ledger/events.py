"""What happened: `record()` is the sole writer of events, `relay()` wakes whoever follows."""

import logging
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from celery import current_app
from django.apps import apps
from django.db import connection, transaction
from kombu.exceptions import OperationalError
from structlog.contextvars import get_contextvars

from . import clock, lastly
from .atomicity import require_transaction
from .fields import new_id
from .wiring import table, wired

log = logging.getLogger(__name__)

_QUIET_AFTER_A_FAILURE = 2.0  # seconds in which a process does not try the broker again
_quiet_until = 0.0


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, passed in at the edge: `key:key_…`, `operator:olga`, `airtm`, `system`."""

    name: str
    request_id: str = ""


SYSTEM = Actor("system")


def record(
    book: int,
    type: str,
    resource: Any,
    *,
    by: Actor,
    reason: str = "",
    previous: dict[str, Any] | None = None,
) -> None:
    """Write the event of a change to `resource` in the caller's transaction and relay it on commit.

    `resource` has `NOUN`, `id` and `trail`; the payload is what its presenter shows. Whoever waits
    for a moment of its own is left to the sweep.
    """
    require_transaction()
    # By name, since the models are built on this module.
    event = apps.get_model("ledger", "Event")(
        id=new_id("evt"),
        book_id=book,
        type=type,
        resource_type=resource.NOUN,
        resource_id=resource.id,
        trail=resource.trail,
        payload=present(resource),
        previous=previous or {},
        actor=by.name,
        reason=reason,
        request_id=by.request_id,
        occurred_at=clock.now(),
    )
    lastly.insert(event)
    if not getattr(resource, "waits_for_its_moment", False):
        transaction.on_commit(partial(relay, type, str(resource.id)), robust=True)


def present(resource: Any) -> Any:
    """The resource as the API shows it, or its id and status where the API shows none."""
    presenter = table("PRESENTERS").get(resource.NOUN)
    if presenter is None:
        return {"id": resource.id, "status": getattr(resource, "status", "")}
    return wired(presenter)(resource)


def present_all(resources: list[Any]) -> list[Any]:
    """Several resources of one noun, in as few queries as that takes."""
    presenter = table("PRESENTERS_OF_LISTS").get(resources[0].NOUN) if resources else None
    if presenter is None:
        return [present(resource) for resource in resources]
    shown: list[Any] = wired(presenter)(resources)
    return shown


def relay(type: str, subject: str) -> None:
    """Wake the tasks that react to an event. Costs nothing while the broker is down."""
    for task in table("REACTIONS").get(type, ()):
        wake(task, subject=subject)


def wake(task: str, **arguments: str) -> None:
    """Publish one task. A lost wake-up loses nothing: `sweep` finds the work by its state."""
    global _quiet_until  # noqa: PLW0603 – per process; losing an update is harmless
    if time.monotonic() < _quiet_until:
        return
    try:
        told = get_contextvars()
        headers = {"request_id": told["request_id"]} if "request_id" in told else None
        current_app.send_task(task, kwargs=arguments, headers=headers, ignore_result=True)
    except (OperationalError, OSError) as error:
        _quiet_until = time.monotonic() + _QUIET_AFTER_A_FAILURE
        log.warning("the broker does not answer, left to sweep: %s (%s)", task, error)


def number(book: int) -> int:
    """Give the committed events of a book their place in the feed; returns how many.

    One at a time per book: whoever numbers sees every event committed so far, so a reader who
    has seen N never meets a late N-1.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('events', %s))", [book])
        cursor.execute(
            """WITH fresh AS (
                   SELECT id, row_number() OVER (ORDER BY id) AS place
                     FROM ledger_event WHERE book_id = %(book)s AND sequence IS NULL),
               last AS (
                   SELECT coalesce(max(sequence), 0) AS sequence
                     FROM ledger_event WHERE book_id = %(book)s)
               UPDATE ledger_event e SET sequence = last.sequence + fresh.place
                 FROM fresh, last WHERE e.id = fresh.id""",
            {"book": book},
        )
        return int(cursor.rowcount)
