"""What the pretended providers do by themselves."""

from celery import shared_task

from integrations.simulators.airtm import messages


@shared_task(name="simulators.deliver_webhooks")
def deliver_webhooks(**_: object) -> None:
    messages.deliver_due()
