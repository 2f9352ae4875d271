"""What providers told us, absorbed: at once when woken, and again by the beat until it works."""

from celery import shared_task

from integrations.providers import inbox
from integrations.providers.stellar import tasks as stellar  # noqa: F401 – their tasks too


@shared_task(name="providers.absorb_inbound")
def absorb_inbound(*, message: str = "", **_: object) -> None:
    if message:
        inbox.absorb(int(message))
    else:
        inbox.absorb_waiting()
