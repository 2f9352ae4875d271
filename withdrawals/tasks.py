"""What wakes withdrawals."""

from celery import shared_task

from withdrawals import payouts


@shared_task(name="withdrawals.proceed")
def proceed(*, subject: str, **_: object) -> None:
    payouts.proceed(subject)
