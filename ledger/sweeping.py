"""Sweep: wakes every operation that has stood longer than its state allows."""

from typing import Any

from django.db import transaction

from . import clock
from .events import relay
from .wiring import table, wired


def sweep() -> int:
    """Relay the last event of whatever is overdue, in every noun; returns how many were woken."""
    return sum(_sweep_noun(wired(noun)) for noun in table("NOUNS"))


def _sweep_noun(noun: Any) -> int:
    overdue = _claim_overdue(noun)
    for subject, status in overdue:
        relay(noun.type_of(status), subject)
    return len(overdue)


def _claim_overdue(noun: Any) -> list[tuple[str, str]]:
    """Put the next look at each overdue row one term ahead, so that sweeps do not pile up."""
    now = clock.now()
    with transaction.atomic():
        rows = noun._base_manager.filter(wake_at__lte=now).select_for_update(
            skip_locked=True, no_key=True
        )
        overdue = [(str(pk), status) for pk, status in rows.values_list("pk", "status")[:500]]
        for subject, status in overdue:
            limit = noun.STANDS_AT_MOST.get(status)
            later = now + limit if limit else None
            noun._base_manager.filter(pk=subject, status=status).update(wake_at=later)
    return overdue
