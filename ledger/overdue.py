"""Overdue: what was posted, or asked for, and should have shown up by now.

An expectation is no row of its own. Whatever is posted ahead of an outcome stands in an account
that is backed by a noun under way (`paying_out` by withdrawals, `in_transit` by treasury moves,
`reserved` by holds; the proof compares both), so that the noun's status says what must show up, and
`OWED_WITHIN` beside `STANDS_AT_MOST` by when.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet

from ledger import clock
from ledger.compared import Agreement, Compared, Difference, Window
from ledger.models import Proposal


def among(
    rows: "QuerySet[Any]", window: Window, *, proposal: str = Proposal.WAIT
) -> Iterator[Compared]:
    """The rows of a noun that are late, whatever the period; and named ones that no more are."""
    noun: Any = rows.model
    kind = f"{noun.NOUN}_overdue"
    late = set()
    for row in rows.filter(_is_late(noun)).order_by("pk") if window.is_period else ():
        late.add(str(row.pk))
        yield _difference(row, kind, proposal)
    for row in rows.model.across_books.filter(pk__in=window.subjects - late):
        yield Agreement(subject=str(row.pk), story=f"It is {row.status}.", kinds=frozenset({kind}))


def _is_late(noun: Any) -> Q:
    now, late = clock.now(), Q(pk__in=[])
    for status, limit in noun.OWED_WITHIN.items():
        late |= Q(status=status, status_since__lt=now - limit)
    return late


def _difference(row: Any, kind: str, proposal: str) -> Difference:
    due = row.status_since + type(row).OWED_WITHIN[row.status]
    return Difference(
        kind=kind,
        subject=str(row.pk),
        trail=row.trail,
        expected={"answer_by": due.isoformat()},
        observed={"status": row.status, "since": row.status_since.isoformat()},
        amount=row.amount,
        proposal=proposal,
    )
