"""Webhooks of the simulated Airtm: kept, signed, sent, and sent again until they are taken."""

import secrets
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import requests
from django.db import transaction
from django.db.models import F
from standardwebhooks import Webhook

from integrations.providers import exactjson
from integrations.simulators import faults
from integrations.simulators.models import AirtmEnterprise, AirtmMessage
from ledger import clock, events

# After each failure, as Airtm documents it; the eighth attempt is the last.
PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
)
PATIENCE = 15  # seconds in which a receiver must answer
UNDER_WAY = timedelta(seconds=20)  # an attempt that has not ended by then died with its process
STALE = timedelta(minutes=10)
AT_ONCE = 200  # messages in one round


def queue(enterprise: AirtmEnterprise, *, type: str, body: dict[str, Any]) -> None:
    """Keep a message in the caller's transaction; it is sent once that commits."""
    if not enterprise.webhook_url:
        return
    AirtmMessage.objects.create(
        id=f"msg_{secrets.token_hex(14)}",
        enterprise=enterprise,
        type=type,
        body=exactjson.write(body),
        next_attempt_at=clock.now(),
    )
    transaction.on_commit(partial(events.wake, "simulators.deliver_webhooks"), robust=True)


def deliver_due() -> int:
    """Attempt every message whose time has come; returns how many were attempted."""
    now, attempted = clock.now(), 0
    while attempted < AT_ONCE and (message := _claim(now)):
        _attempt(message)
        attempted += 1
    return attempted


def headers(message: AirtmMessage, *, at: datetime) -> dict[str, str]:
    """The signature of an attempt: the same id each time, a new timestamp."""
    signature = Webhook(message.enterprise.webhook_secret).sign(message.id, at, message.body)
    return {
        "Content-Type": "application/json",
        "svix-id": message.id,
        "svix-timestamp": str(int(at.timestamp())),
        "svix-signature": signature,
    }


def _claim(now: datetime) -> AirtmMessage | None:
    """The oldest due message, taken by whoever changes it first."""
    first = "number" if faults.lasting("airtm", "reorder_messages") is None else "-number"
    due = AirtmMessage.objects.select_related("enterprise").order_by(first)
    while message := due.filter(next_attempt_at__lte=now).first():
        mine = AirtmMessage.objects.filter(pk=message.pk, attempts=message.attempts).update(
            attempts=F("attempts") + 1, next_attempt_at=now + UNDER_WAY
        )
        if mine:
            message.attempts += 1
            return message
    return None


def _attempt(message: AirtmMessage) -> None:
    if faults.spend("airtm", "lose_message") is not None:
        AirtmMessage.objects.filter(pk=message.pk).update(next_attempt_at=None, failure="lost")
        return
    if faults.spend("airtm", "duplicate_message") is not None:
        _send(message)
    failure = _send(message)
    if failure:
        message.failure, message.next_attempt_at = failure[:300], _next_attempt(message.attempts)
    else:
        message.failure, message.next_attempt_at = "", None
        message.delivered_at = clock.now()
    message.save(update_fields=["failure", "next_attempt_at", "delivered_at"])


def _send(message: AirtmMessage) -> str:
    """Why the receiver did not take it; empty if it did."""
    with requests.Session() as session:
        session.trust_env = False  # straight to the receiver, whatever proxy the shell names
        try:
            answer = session.post(
                message.enterprise.webhook_url,
                data=message.body.encode(),
                headers=_stamps(message),
                timeout=PATIENCE,
                allow_redirects=False,
            )
        except requests.RequestException as silence:
            return f"{type(silence).__name__}: {silence}"
    return "" if 200 <= answer.status_code < 300 else f"HTTP {answer.status_code}"


def _stamps(message: AirtmMessage) -> dict[str, str]:
    """The headers of this attempt: right, unless a fault wants them wrong."""
    now = datetime.now(UTC)
    if faults.spend("airtm", "stale_timestamp") is not None:
        return headers(message, at=now - STALE)
    if faults.spend("airtm", "forge_signature") is not None:
        forged = Webhook(secrets.token_bytes(24)).sign(message.id, now, message.body)
        return headers(message, at=now) | {"svix-signature": forged}
    return headers(message, at=now)


def _next_attempt(attempts: int) -> datetime | None:
    return clock.now() + PAUSES[attempts - 1] if attempts <= len(PAUSES) else None
