"""What wakes withdrawals and the treasury."""

from celery import shared_task

from withdrawals import moves, payouts, returns, treasury


@shared_task(name="withdrawals.proceed")
def proceed(*, subject: str, **_: object) -> None:
    payouts.proceed(subject)


@shared_task(name="withdrawals.wallet_is_ready")
def wallet_is_ready(*, subject: str, **_: object) -> None:
    payouts.wallet_is_ready(subject)


@shared_task(name="withdrawals.proceed_move")
def proceed_move(*, subject: str, **_: object) -> None:
    moves.proceed(subject)


@shared_task(name="withdrawals.relieve_treasury")
def relieve_treasury(**_: object) -> None:
    treasury.relieve_all()


@shared_task(name="withdrawals.sweep_fees")
def sweep_fees(**_: object) -> None:
    treasury.sweep_fees()


@shared_task(name="withdrawals.look_for_returns")
def look_for_returns(**_: object) -> None:
    returns.look_everywhere()
