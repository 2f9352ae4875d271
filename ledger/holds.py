"""Holds: a user's money set aside for a purpose, as a row and not only as a number.

A hold is opened, and ends once: posted (whole or in part), voided, or expired. Each function
changes the row alone; the posting that moves the money names the hold as its cause and joins the
same transaction.
"""

from datetime import datetime

from ledger.events import Actor
from ledger.models import Hold
from ledger.refusals import Refusal, coded

OPEN, POSTED, VOIDED, EXPIRED = Hold.Status


class MoreThanHeld(Refusal):
    """No more can be posted than was held."""

    code = "MORE_THAN_HELD"


def open_for(
    *, book: int, user: str, purpose: str, amount: int, expires_at: datetime | None, by: Actor
) -> Hold:
    """Write the hold of `amount` stroops; the posting refuses it if the user has too little.

    Raises `AlreadyHeld`, `EmptyTransfer`.
    """
    facts = {"user": user, "purpose": purpose, "amount": amount, "expires_at": expires_at}
    with coded():
        return Hold.start(book_id=book, by=by, **facts)


def of(purpose: str) -> Hold:
    """The open hold of a purpose, locked; there is at most one. Raises `Hold.DoesNotExist`."""
    rows = Hold.across_books.select_for_update(no_key=True)
    hold: Hold = rows.get(purpose=purpose, status=OPEN)
    return hold


def open_ones(purpose: str) -> list[Hold]:
    """The open hold of a purpose, locked, if there is one."""
    rows = Hold.across_books.select_for_update(no_key=True)
    return list(rows.filter(purpose=purpose, status=OPEN))


def post(hold: Hold, *, amount: int | None = None, by: Actor) -> int:
    """End it because its money went where it was meant to go; returns the rest, to be given back.

    All of it unless told. Raises `MoreThanHeld`, `NotReady`, `Overtaken`.
    """
    posted = hold.amount if amount is None else amount
    if not 0 < posted <= hold.amount:
        raise MoreThanHeld(held=hold.amount, asked=posted)
    hold.advance(POSTED, by=by, posted=posted)
    return int(hold.amount - posted)


def void(hold: Hold, *, by: Actor) -> None:
    """End it because its purpose was given up."""
    hold.advance(VOIDED, by=by)


def expire(hold: Hold, *, by: Actor) -> None:
    """End it because its time is over; whether it may is its purpose's to say."""
    hold.advance(EXPIRED, by=by)


def expire_at(purpose: str, moment: datetime | None) -> None:
    """Set the open hold's end anew, or take it away while somebody is asked."""
    Hold.across_books.filter(purpose=purpose, status=OPEN).update(expires_at=moment, wake_at=moment)
