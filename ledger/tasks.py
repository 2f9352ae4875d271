"""The ledger's clockwork: work found by its state, and events given their place."""

from celery import shared_task

from . import events, sweeping
from .models import Book


@shared_task(name="ledger.sweep")
def sweep(**_: object) -> None:
    sweeping.sweep()


@shared_task(name="ledger.number_events")
def number_events(**_: object) -> None:
    for book in Book.objects.values_list("id", flat=True):
        events.number(book)
