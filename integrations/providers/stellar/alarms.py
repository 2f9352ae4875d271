"""Alarms: findings about the chain itself, which concern every book that has money on it."""

from typing import Any

from integrations.providers.models import Address
from ledger import clock
from ledger.findings import find
from ledger.models import Finding


def alarm(kind: str, subject: str, *, expected: dict[str, Any], observed: dict[str, Any]) -> None:
    """Open the same finding in each book with an address; those that are open stay."""
    for book in Address.across_books.order_by("book").values_list("book", flat=True).distinct():
        find(book=book, kind=kind, subject=subject, expected=expected, observed=observed)


def over(kind: str, subject: str, *, story: str) -> None:
    """Close it in every book: what it told of is no longer so."""
    rows = Finding.across_books.filter(kind=kind, subject=subject, resolved_at=None)
    rows.update(resolved_at=clock.now(), resolution=story)
