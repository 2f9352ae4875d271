"""What wakes withdrawals."""

from celery import shared_task

from . import payouts


@shared_task(name="withdrawals.proceed")
def proceed(*, subject: str, **_: object) -> None:
    payouts.proceed(subject)
