"""One step of a payin or payout: its status, the record of it, and the webhook that tells it."""

from typing import Any

from integrations.simulators.airtm import answers, messages
from integrations.simulators.models import AirtmPayin, AirtmPayout, AirtmTransition
from ledger import clock

# Exactly the eight events that Airtm sends; every other step is silent.
EVENTS = {
    (AirtmPayin, "CREATED"): "payin.created",
    (AirtmPayin, "CONFIRMED"): "payin.confirmed",
    (AirtmPayin, "FAILED"): "payin.failed",
    (AirtmPayin, "CANCELED"): "payin.canceled",
    (AirtmPayout, "CREATED"): "payout.created",
    (AirtmPayout, "COMPLETED"): "payout.completed",
    (AirtmPayout, "FAILED"): "payout.failed",
    (AirtmPayout, "CANCELED"): "payout.canceled",
}


def step(operation: AirtmPayin | AirtmPayout, to: str, **facts: Any) -> None:
    """Move a locked `operation` to `to`; the enterprise's money has been moved before."""
    before, now = operation.status, clock.now()
    operation.status, operation.updated_at = to, now
    for name, value in facts.items():
        setattr(operation, name, value)
    operation.save()
    AirtmTransition.objects.create(
        enterprise=operation.enterprise,
        operation_id=operation.id,
        operation_type="PAYIN" if isinstance(operation, AirtmPayin) else "PAYOUT",
        previous_status=before,
        new_status=to,
        available=operation.enterprise.available,
        pending=operation.enterprise.pending,
        happened_at=now,
    )
    announce(operation)


def announce(operation: AirtmPayin | AirtmPayout) -> None:
    """Queue the webhook of the state in which `operation` is now, if that state has one."""
    event = EVENTS.get((type(operation), operation.status))
    if event is None:
        return
    shown = answers.payin if isinstance(operation, AirtmPayin) else answers.payout
    messages.queue(operation.enterprise, type=event, body={"type": event, "data": shown(operation)})
