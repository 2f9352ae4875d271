"""What wakes escrows."""

from celery import shared_task

from escrow import clocks, disputes, escrows, progress, surpluses


@shared_task(name="escrow.proceed")
def proceed(*, subject: str, **_: object) -> None:
    progress.proceed(subject)


@shared_task(name="escrow.proceed_dispute")
def proceed_dispute(*, subject: str, **_: object) -> None:
    disputes.proceed(subject)


@shared_task(name="escrow.auto_release")
def auto_release(*, subject: str, **_: object) -> None:
    clocks.run_out(subject)


@shared_task(name="escrow.pause_clocks")
def pause_clocks(*, subject: str, **_: object) -> None:
    clocks.suspended(subject)


@shared_task(name="escrow.resume_clocks")
def resume_clocks(*, subject: str, **_: object) -> None:
    clocks.reactivated(subject)


@shared_task(name="escrow.wallet_is_ready")
def wallet_is_ready(*, subject: str, **_: object) -> None:
    escrows.wallet_is_ready(subject)


@shared_task(name="escrow.abandon")
def abandon(*, subject: str, **_: object) -> None:
    escrows.abandon(subject)


@shared_task(name="escrow.look_for_left_overs")
def look_for_left_overs(**_: object) -> None:
    surpluses.look_for_left_overs()


@shared_task(name="escrow.order_is_closed")
def order_is_closed(*, subject: str, **_: object) -> None:
    escrows.order_is_closed(subject)
