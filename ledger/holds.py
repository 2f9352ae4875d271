"""Holds: a user's money set aside for a purpose, as a row and not only as a number."""

from datetime import datetime

from .events import Actor
from .models import Hold

POSTED, VOIDED, EXPIRED = Hold.Status.POSTED, Hold.Status.VOIDED, Hold.Status.EXPIRED


def open_for(
    *, book: int, user: str, purpose: str, amount: int, expires_at: datetime | None, by: Actor
) -> Hold:
    """Write the hold; the posting that sets the money aside names it as its cause."""
    return Hold.start(
        book_id=book, user=user, purpose=purpose, amount=amount, expires_at=expires_at, by=by
    )


def of(purpose: str) -> Hold:
    """The open hold of a purpose; there is at most one."""
    return Hold.across_books.select_for_update(no_key=True).get(
        purpose=purpose, status=Hold.Status.OPEN
    )
