"""The audit log: `record()` writes who did what from where, in the transaction of the act."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from integrations.marketplaces.models import AuditEntry
from ledger import clock, lastly, money
from ledger.atomicity import require_transaction
from ledger.events import Actor
from ledger.fields import Amount

HIDDEN = "[hidden]"
# Secrets, and what may name or describe a person: that it changed is told, and not to what.
PRIVATE = {
    "digest", "secret", "token", "sealed_key", "sealed", "password", "hint", "email", "external_id",
    "payer_email", "metadata", "description", "evidence", "title", "destination", "memo", "note",
    "body", "message",
}  # fmt: skip
UNTOLD = {"book_id", "status_since", "wake_at", "password"}  # the machinery's own


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from."""

    address: str | None = None
    user_agent: str = ""


def record(
    *,
    book: int | None,
    act: str,
    by: Actor,
    subject: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    origin: Origin = Origin(),
) -> None:
    """Write one entry in the caller's transaction; of `before` and `after`, what differs."""
    require_transaction()
    before, after = before or {}, after or {}
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    entry = AuditEntry(
        book_id=book,
        actor=by.name,
        act=act[:80],
        subject=subject,
        request_id=by.request_id,
        address=origin.address,
        user_agent=origin.user_agent[:200],
        before={name: _told(name, before[name]) for name in changed if name in before},
        after={name: _told(name, after[name]) for name in changed if name in after},
        created_at=clock.now(),
    )
    lastly.insert(entry)


def columns(row: Any) -> dict[str, Any]:
    """What a row says of itself, column by column; nothing of what is no row."""
    if not isinstance(row, models.Model):
        return {}
    told = {
        field.attname: field
        for field in row._meta.concrete_fields
        if field.attname not in UNTOLD and field.attname in row.__dict__
    }
    return {name: _outside(field, row.__dict__[name]) for name, field in told.items()}


def _outside(field: Any, value: Any) -> Any:
    """Amounts as everywhere outside: decimal strings."""
    return money.text(value) if isinstance(field, Amount) and value is not None else value


def _told(name: str, value: Any) -> Any:
    if name in PRIVATE and value not in ("", None, {}, []):
        return HIDDEN
    if value is None or isinstance(value, str | int | bool | datetime):
        return value
    return [str(part) for part in value] if isinstance(value, list | tuple) else str(value)
