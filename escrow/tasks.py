"""What wakes escrows."""

from celery import shared_task

from escrow import escrows


@shared_task(name="escrow.proceed")
def proceed(*, subject: str, **_: object) -> None:
    escrows.proceed(subject)


@shared_task(name="escrow.wallet_is_ready")
def wallet_is_ready(*, subject: str, **_: object) -> None:
    escrows.wallet_is_ready(subject)


@shared_task(name="escrow.abandon")
def abandon(*, subject: str, **_: object) -> None:
    escrows.abandon(subject)


@shared_task(name="escrow.order_is_closed")
def order_is_closed(*, subject: str, **_: object) -> None:
    escrows.order_is_closed(subject)
