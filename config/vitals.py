"""Vital signs: what is reachable, what waits longer than it should, and how providers answer."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import Error, connection

from config.models import Heartbeat
from integrations.providers import levels
from integrations.providers.models import Call, Inbound
from integrations.providers.stellar import headroom, rotation
from ledger.models import Event
from ledger.wiring import table, wired

OK, DEGRADED, DOWN = "ok", "degraded", "down"
PROVIDERS = ("airtm", "trustlesswork", "stellar")
# Parts that the database tells of.
_STORED = (
    "worker", "operations", "inbound", "events", "budgets", "wallet_keys", "treasury_xlm",
)  # fmt: skip
_SILENT_AFTER = 30  # seconds without a heartbeat
_LATE_AFTER = 60  # seconds that something may wait for its turn
_RECENT_CALLS = 200  # enough to judge providers by, and the same work however many there are
_RECENT_SECONDS = 600


def beat(name: str) -> None:
    """Write down that a process is at work."""
    Heartbeat.objects.update_or_create(name=name, defaults={"seen_at": datetime.now(UTC)})


def ready() -> dict[str, Any]:
    """Everything that `/health/ready` tells: each part with its status, and why it is not well."""
    parts: dict[str, dict[str, Any]] = {"database": database()}
    reachable = parts["database"]["status"] == OK
    parts["broker"] = broker()
    parts |= _stored() if reachable else dict.fromkeys(_STORED, _unknown())
    shown = providers() if reachable else {}
    states = {part["status"] for part in (*parts.values(), *shown.values())}
    whole = DOWN if not reachable else OK if states == {OK} else DEGRADED
    return {"status": whole, "parts": parts, "providers": shown}


def database() -> dict[str, Any]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return _part(DOWN, "PostgreSQL does not answer.")
    return _part(OK)


def broker() -> dict[str, Any]:
    try:
        with current_app.connection_for_write() as link:
            link.ensure_connection(max_retries=0, timeout=0.2)
    except Exception:  # whatever the transport raises, it means that it is not there
        return _part(DOWN, "The broker does not answer: conversations wait for it.")
    return _part(OK)


def worker() -> dict[str, Any]:
    row = Heartbeat.objects.filter(name="worker").first()
    if row is None:
        return _part(DOWN, "No worker has ever shown itself.", age_seconds=None)
    age = _age(row.seen_at)
    why = f"The worker was last seen {age} seconds ago." if age > _SILENT_AFTER else ""
    return _part(DOWN if why else OK, why, age_seconds=age)


def budgets() -> dict[str, Any]:
    """How much is left of what providers let us call."""
    found = levels.levels() if settings.PROVIDER_BUDGETS else []
    if any(not level.shared for level in found):
        return _part(DEGRADED, "Calls are counted per process: Valkey does not answer.")
    if not all(level.calls_left for level in found):
        return _part(DEGRADED, "The limit of a provider is used up for now.")
    return _part(OK)


def wallet_keys() -> dict[str, Any]:
    due = "Some wallets are sealed with an older key: run `manage.py rotate_wallet_keys`."
    return _part(DEGRADED, due) if rotation.is_due() else _part(OK)


def treasury_xlm() -> dict[str, Any]:
    low = "The treasury runs out of XLM for reserves and fees."
    return _part(DEGRADED, low) if headroom.is_low() else _part(OK)


def backlogs() -> dict[str, dict[str, Any]]:
    """How long the oldest of each kind of work has been waiting for its turn."""
    return {
        "operations": _backlog(_oldest_overdue, "An operation is overdue for"),
        "inbound": _backlog(_oldest_inbound, "A provider's message has not been absorbed for"),
        "events": _backlog(_oldest_unnumbered, "An event has had no place in the feed for"),
    }


def providers() -> dict[str, dict[str, Any]]:
    """How each provider has answered lately: degraded if a call failed, down if the last did."""
    calls = Call.objects.order_by("-pk").only("provider", "status", "failure", "happened_at")
    recent: dict[str, list[Call]] = {name: [] for name in PROVIDERS}
    for call in calls[:_RECENT_CALLS]:
        if _age(call.happened_at) <= _RECENT_SECONDS:
            recent.setdefault(call.provider, []).append(call)
    return {name: _judged(calls) for name, calls in recent.items()}


def waiting(noun: Any) -> list[tuple[str, int, int]]:
    """Status, how many, and the age of the oldest in seconds, of what waits for somebody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status, count(*),"
            " extract(epoch FROM ledger_now() - min(status_since))::bigint"
            f" FROM {noun._meta.db_table} WHERE wake_at IS NOT NULL GROUP BY status"
        )
        return list(cursor.fetchall())


def outcome(call: Call) -> str:
    """What became of a call: `silent`, `failed` (their fault), `refused`, or `answered`."""
    if call.status is None:
        return "silent"
    return "failed" if call.status >= 500 else "refused" if call.status >= 400 else "answered"


def _stored() -> dict[str, dict[str, Any]]:
    return {
        "worker": worker(),
        **backlogs(),
        "budgets": budgets(),
        "wallet_keys": wallet_keys(),
        "treasury_xlm": treasury_xlm(),
    }


def _judged(calls: list[Call]) -> dict[str, Any]:
    ill = [call for call in calls if outcome(call) in {"silent", "failed"}]
    if not ill:
        return _part(OK, calls=len(calls), failed=0)
    said = ill[0].status or "no answer"
    why = f"{len(ill)} of the last {len(calls)} calls failed; the latest with {said}."
    lately = outcome(calls[0]) in {"silent", "failed"}
    return _part(DOWN if lately else DEGRADED, why, calls=len(calls), failed=len(ill))


def _backlog(oldest: Callable[[], int], waiting: str) -> dict[str, Any]:
    age = oldest()
    why = f"{waiting} {age} seconds." if age > _LATE_AFTER else ""
    return _part(DEGRADED if why else OK, why, age_seconds=age)


def _oldest_overdue() -> int:
    """By our own clock, which the sandbox may have advanced: in SQL, one index per noun."""
    ages = [0]
    for noun in map(wired, table("NOUNS")):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(extract(epoch FROM ledger_now() - min(wake_at)), 0)::bigint"
                f" FROM {noun._meta.db_table} WHERE wake_at <= ledger_now()"  # type: ignore[attr-defined]
            )
            ages.append(cursor.fetchone()[0])
    return max(ages)


def _oldest_inbound() -> int:
    rows = Inbound.objects.filter(verdict=Inbound.Verdict.VALID, absorbed_at=None)
    first = rows.order_by("received_at").values_list("received_at", flat=True).first()
    return _age(first) if first else 0


def _oldest_unnumbered() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(extract(epoch FROM ledger_now() - min(occurred_at)), 0)::bigint"
            f" FROM {Event._meta.db_table} WHERE sequence IS NULL"
        )
        return max(int(cursor.fetchone()[0]), 0)


def _age(moment: datetime) -> int:
    return max(int((datetime.now(UTC) - moment).total_seconds()), 0)


def _unknown() -> dict[str, Any]:
    return _part(DEGRADED, "Nobody knows while the database does not answer.", age_seconds=None)


def _part(status: str, why: str = "", **told: int | None) -> dict[str, Any]:
    return {"status": status, "why": why, **told}
