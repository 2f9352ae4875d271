"""Findings: whatever does not add up is written down, once, until somebody settles it."""

from typing import Any

from . import clock
from .models import Finding


def still_open(subject: str) -> bool:
    """Whether something about this subject does not add up and nobody has settled it yet."""
    return Finding.across_books.filter(subject=subject, resolved_at=None).exists()


def find(
    *,
    book: int,
    kind: str,
    subject: str,
    trail: str = "",
    expected: Any = None,
    observed: Any = None,
    amount: int = 0,
    proposal: str = "",
    correction: Any = None,
) -> None:
    """Open a finding unless the same one is open. `amount` is the sum at stake, in stroops."""
    Finding.across_books.bulk_create(
        [
            Finding(
                book_id=book,
                kind=kind,
                subject=subject,
                trail=trail,
                expected=expected or {},
                observed=observed or {},
                amount=amount,
                proposal=proposal,
                correction=correction or {},
                opened_at=clock.now(),
            )
        ],
        ignore_conflicts=True,
    )


def was_settled(*, book: int, kind: str, subject: str, expected: Any, observed: Any) -> bool:
    """Whether people have settled just these facts, so that they are no news any more."""
    rows = Finding.objects.of(book).filter(kind=kind, subject=subject).exclude(resolved_by="")
    return bool(rows.filter(expected=expected, observed=observed).exists())


def resolve(*, book: int, kind: str, subject: str, story: str) -> int:
    """Close a finding whose cause is gone, with how that came; returns how many there were."""
    open_ones = Finding.objects.of(book).filter(kind=kind, subject=subject, resolved_at=None)
    return int(open_ones.update(resolved_at=clock.now(), resolution=story))
