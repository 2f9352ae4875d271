"""What wakes top-ups and links."""

from celery import shared_task

from payments import deposits, linking, orders, topups


@shared_task(name="payments.proceed_topup")
def proceed_topup(*, subject: str, **_: object) -> None:
    topups.proceed(subject)


@shared_task(name="payments.proceed_deposit")
def proceed_deposit(*, subject: str, **_: object) -> None:
    deposits.proceed(subject)


@shared_task(name="payments.proceed_link")
def proceed_link(*, subject: str, **_: object) -> None:
    linking.proceed(subject)


@shared_task(name="payments.expire_hold")
def expire_hold(*, subject: str, **_: object) -> None:
    orders.expire(subject)
