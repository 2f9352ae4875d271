"""Many transfers at once: `post_many()`, the set-based twin of `post()` for imports."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import Error, connection

from ledger import events
from ledger.atomicity import require_transaction
from ledger.events import Actor
from ledger.fields import new_id
from ledger.posting import Leg, Posted
from ledger.refusals import BY_NAME, Refused, from_database


@dataclass(frozen=True, slots=True)
class Draft:
    """One transfer to be, with the arguments that `post()` takes; legs of zero are left out."""

    kind: str
    cause: str
    legs: Sequence[Leg]
    trail: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one call of `post_many()` wrote: its event's subject, and kept nowhere else."""

    NOUN = "batch"

    id: str
    kinds: list[str]
    posted: int
    trail: str


def presented(batch: Batch) -> dict[str, Any]:
    """What the event of a batch shows."""
    return {"id": batch.id, "kinds": batch.kinds, "posted": batch.posted}


def post_many(book: int, drafts: Sequence[Draft], *, by: Actor) -> list[Posted | Refused]:
    """Answer each draft as if `post()` had been asked for it alone, one after the other.

    Joins the caller's transaction. A refused draft does not touch its neighbours: its answer is the
    refusal that `post()` would raise, as an instance. All accounts are locked until the
    transaction ends, so keep batches at a few hundred drafts. One event tells of the whole batch,
    and none of a batch that wrote nothing.
    """
    require_transaction()
    if not drafts:
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(_POST_MANY, [book, by.name, by.request_id, *_columns(drafts)])
            answers = [_answer(row) for row in cursor.fetchall()]
    except Error as error:
        if refused := from_database(error):
            raise refused from error
        raise
    _record(book, drafts, answers, by=by)
    return answers


def _record(
    book: int, drafts: Sequence[Draft], answers: list[Posted | Refused], *, by: Actor
) -> None:
    written = [
        draft
        for draft, answer in zip(drafts, answers, strict=True)
        if isinstance(answer, Posted) and answer.is_new
    ]
    if not written:
        return
    kinds, trails = ({getattr(draft, what) for draft in written} for what in ("kind", "trail"))
    trail = trails.pop() if len(trails) == 1 else ""
    batch = Batch(new_id("bat"), sorted(kinds), len(written), trail)
    events.record(book, "batch.posted", batch, by=by)


def _columns(drafts: Sequence[Draft]) -> list[list[Any]]:
    """The drafts by column, then their legs by column, each leg with the place of its draft."""
    legs = [
        (place, *leg.account, leg.amount)
        for place, draft in enumerate(drafts, start=1)
        for leg in draft.legs
        if leg.amount
    ]
    rows = [(new_id("trf"), draft.kind, draft.cause, draft.trail) for draft in drafts]
    return [*_transposed(rows, 4), *_transposed(legs, 5)]


def _transposed(rows: list[Any], width: int) -> list[list[Any]]:
    return [[row[column] for row in rows] for column in range(width)]


def _answer(row: tuple[Any, ...]) -> Posted | Refused:
    transfer, is_new, refusal, details = row
    if refusal is None:
        return Posted(transfer, is_new)
    return BY_NAME[refusal](**(details or {}))


_POST_MANY = """
    SELECT transfer_id, is_new, refusal, details
      FROM ledger_post_many(%s, %s, %s,
                            %s::text[], %s::text[], %s::text[], %s::text[],
                            %s::int[], %s::text[], %s::text[], %s::text[], %s::numeric[])
     ORDER BY place"""
