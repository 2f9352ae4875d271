"""What providers told us, absorbed: at once when woken, and again by the beat until it works."""

from celery import shared_task

from integrations.providers import inbox
from integrations.providers.stellar import tasks as stellar  # noqa: F401 – their tasks too


@shared_task(name="providers.absorb_inbound")
def absorb_inbound(*, message: str, **_: object) -> None:
    inbox.absorb(int(message))


@shared_task(name="providers.absorb_waiting")
def absorb_waiting(**_: object) -> None:
    inbox.absorb_waiting()
