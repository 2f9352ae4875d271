"""What wakes escrows."""

from celery import shared_task

from escrow import disputes, escrows, progress, settlements


@shared_task(name="escrow.proceed")
def proceed(*, subject: str, **_: object) -> None:
    progress.proceed(subject)


@shared_task(name="escrow.proceed_dispute")
def proceed_dispute(*, subject: str, **_: object) -> None:
    disputes.proceed(subject)


@shared_task(name="escrow.auto_release")
def auto_release(*, subject: str, **_: object) -> None:
    settlements.auto_release(subject)


@shared_task(name="escrow.auto_release_milestone")
def auto_release_milestone(*, subject: str, **_: object) -> None:
    settlements.auto_release_milestone(subject)


@shared_task(name="escrow.wallet_is_ready")
def wallet_is_ready(*, subject: str, **_: object) -> None:
    escrows.wallet_is_ready(subject)


@shared_task(name="escrow.abandon")
def abandon(*, subject: str, **_: object) -> None:
    escrows.abandon(subject)


@shared_task(name="escrow.order_is_closed")
def order_is_closed(*, subject: str, **_: object) -> None:
    escrows.order_is_closed(subject)
