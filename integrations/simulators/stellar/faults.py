"""What this pretended provider can do wrong when asked: name → what it does."""

from dataclasses import dataclass
from typing import Any

from integrations.simulators import faults
from integrations.simulators.models import Fault

PROVIDER = "stellar"

# Those that answer one request wrongly and are spent by it.
TIMEOUT_BEFORE = "timeout_before_applying"
TIMEOUT_AFTER = "timeout_after_applying"
DROPPED_BEFORE = "connection_dropped_before_applying"
DROPPED_AFTER = "connection_dropped_after_applying"
BAD_SEQ_AGAIN = "bad_seq_when_sent_again"
TRY_AGAIN_LATER = "try_again_later"
ENTRY_ARCHIVED = "entry_archived"
TOO_MANY_REQUESTS = "too_many_requests"
STILL_INGESTING = "still_ingesting"
STALE_HISTORY = "stale_history"
CUT_STREAM = "cut_stream"
# Those that last until they are switched off.
LAGGING_INGESTION = "lagging_ingestion"
FEE_SURGE = "fee_surge"
BEFORE_HISTORY = "before_history"
PRUNED_HISTORY = "pruned_history"

FAULTS: dict[str, str] = {
    TIMEOUT_BEFORE: "POST /transactions answers 504, and the transaction was dropped.",
    TIMEOUT_AFTER: "POST /transactions answers 504 although the transaction was applied.",
    DROPPED_BEFORE: "POST /transactions breaks off its answer; the transaction was dropped.",
    DROPPED_AFTER: "POST /transactions breaks off its answer; the transaction was applied.",
    BAD_SEQ_AGAIN: "A transaction that was applied before is answered with tx_bad_seq"
    " when it is sent again.",
    TRY_AGAIN_LATER: "POST /transactions_async answers TRY_AGAIN_LATER.",
    ENTRY_ARCHIVED: "A contract call fails because what it needs was archived.",
    TOO_MANY_REQUESTS: "Any request is answered with 429.",
    STILL_INGESTING: "Any read is answered with 503: Horizon is still ingesting.",
    STALE_HISTORY: "Any read is answered with 503: Horizon's history is too old.",
    CUT_STREAM: "A stream breaks off in the middle of an event. Options: after (events, 0).",
    LAGGING_INGESTION: "Lasting: transactions are applied, but history is read as it was a while"
    " ago. Options: seconds (30).",
    FEE_SURGE: "Lasting: the base fee rises; a lower bid is refused with tx_insufficient_fee."
    " Options: base_fee (stroops, 10000).",
    BEFORE_HISTORY: "Lasting: only the newest history is kept; an older cursor is answered"
    " with 410. Options: seconds (3600).",
    PRUNED_HISTORY: "Lasting: only the newest history is kept; ascending pages silently begin"
    " there, as newer Horizons do, and the root says where. Options: seconds (3600).",
}

LASTING = {LAGGING_INGESTION, FEE_SURGE, BEFORE_HISTORY, PRUNED_HISTORY}
# What an option may be, and is where nothing was said.
OPTIONS: dict[str, dict[str, int]] = {
    CUT_STREAM: {"after": 0},
    LAGGING_INGESTION: {"seconds": 30},
    FEE_SURGE: {"base_fee": 10_000},
    BEFORE_HISTORY: {"seconds": 3600},
    PRUNED_HISTORY: {"seconds": 3600},
}


@dataclass(frozen=True, slots=True)
class Spent:
    name: str
    options: dict[str, Any]


def spend(*names: str) -> Spent | None:
    """One of these faults that is on, and one time less of it; None if all are off."""
    for name in _switched_on(names):
        options = faults.spend(PROVIDER, name)
        if options is not None:
            return Spent(name, {**OPTIONS.get(name, {}), **options})
    return None


def lasting(*names: str) -> dict[str, dict[str, Any]]:
    """Which of these faults are on until they are switched off, with their options."""
    return {
        name: {**OPTIONS.get(name, {}), **options} for name, options in _switched_on(names).items()
    }


def _switched_on(names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    rows = Fault.objects.filter(provider=PROVIDER, name__in=names)
    return dict(rows.values_list("name", "options"))
