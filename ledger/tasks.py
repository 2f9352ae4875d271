"""The ledger's clockwork: work found by its state, and events given their place."""

from celery import shared_task

from ledger import approvals, closing, events, guarding, reconciling, seals, sweeping
from ledger.models import Book


@shared_task(name="ledger.sweep")
def sweep(**_: object) -> None:
    sweeping.sweep()


@shared_task(name="ledger.number_events")
def number_events(**_: object) -> None:
    for book in Book.objects.values_list("id", flat=True):
        events.number(book)


@shared_task(name="ledger.seal")
def seal(**_: object) -> None:
    for book in Book.objects.values_list("id", flat=True):
        seals.seal(book)


@shared_task(name="ledger.prove")
def prove(**_: object) -> None:
    guarding.prove()


@shared_task(name="ledger.expire_approval")
def expire_approval(*, subject: str, **_: object) -> None:
    approvals.expire(subject)


@shared_task(name="ledger.follow_finding")
def follow_finding(*, subject: str, **_: object) -> None:
    reconciling.follow(subject)


@shared_task(name="ledger.reconcile")
def reconcile(*, part: str = "", **_: object) -> None:
    reconciling.wake_all(only=part)


@shared_task(name="ledger.reconcile_part")
def reconcile_part(*, book: str, part: str, **_: object) -> None:
    reconciling.run_lately(int(book), part)


@shared_task(name="ledger.close_day")
def close_day(**_: object) -> None:
    for book in Book.objects.values_list("id", flat=True):
        closing.close(book, closing.yesterday())
