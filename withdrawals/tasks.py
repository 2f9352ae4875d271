"""What wakes withdrawals."""

from celery import shared_task

from withdrawals import payouts, returns


@shared_task(name="withdrawals.proceed")
def proceed(*, subject: str, **_: object) -> None:
    payouts.proceed(subject)


@shared_task(name="withdrawals.look_for_returns")
def look_for_returns(**_: object) -> None:
    returns.look_everywhere()
