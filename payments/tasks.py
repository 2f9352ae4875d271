"""What wakes top-ups and links."""

from celery import shared_task

from . import linking, topups


@shared_task(name="payments.proceed_topup")
def proceed_topup(*, subject: str, **_: object) -> None:
    topups.proceed(subject)


@shared_task(name="payments.proceed_link")
def proceed_link(*, subject: str, **_: object) -> None:
    linking.proceed(subject)
