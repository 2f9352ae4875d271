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
    noun: Any, book: int, window: Window, *, proposal: str = Proposal.WAIT
) -> Iterator[Compared]:
    """The rows of a noun that are late, whatever the period; and named ones that no more are."""
    kind, found = f"{noun.NOUN}_overdue", set()
    for row in late(noun, book) if window.is_period else late(noun, book, window.subjects):
        found.add(str(row.pk))
        yield _difference(row, kind, proposal)
    for row in noun.objects.of(book).filter(pk__in=window.subjects - found):
        yield Agreement(subject=str(row.pk), story=f"It is {row.status}.", kinds=frozenset({kind}))


def late(noun: Any, book: int, subjects: frozenset[str] | None = None) -> QuerySet[Any]:
    """The rows of a book whose answer is overdue; none of a noun that nobody owes one."""
    now, overdue = clock.now(), Q(pk__in=[])
    for status, limit in noun.OWED_WITHIN.items():
        overdue |= Q(status=status, status_since__lt=now - limit)
    rows: QuerySet[Any] = noun.objects.of(book).filter(overdue)
    if noun.NOT_OWED is not None:
        rows = rows.exclude(noun.NOT_OWED)
    return (rows if subjects is None else rows.filter(pk__in=subjects)).order_by("pk")


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
