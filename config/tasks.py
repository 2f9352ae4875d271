"""The worker's sign of life."""

from celery import shared_task

from config import vitals


@shared_task(name="config.beat")
def beat(**_: object) -> None:
    vitals.beat("worker")
