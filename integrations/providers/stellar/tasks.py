"""What wakes the Stellar conversations; each finds its work by state, and may be woken twice."""

from celery import shared_task

from integrations.providers.stellar import headroom, opening, replaying, sending


@shared_task(name="providers.send_submission")
def send_submission(*, subject: str, **_: object) -> None:
    sending.send(subject)


@shared_task(name="providers.hand_over")
def hand_over(*, subject: str, **_: object) -> None:
    sending.hand_over(subject)
    opening.wake_next(after=subject)


@shared_task(name="providers.open_wallet")
def open_wallet(*, subject: str, **_: object) -> None:
    opening.open_on_chain(subject)


@shared_task(name="providers.replay_deposits")
def replay_deposits(**_: object) -> None:
    replaying.replay_lately()


@shared_task(name="providers.watch_headroom")
def watch_headroom(**_: object) -> None:
    headroom.watch()
