"""Approvals: one operator asks for an act, another agrees to it, and only then is it done."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import IntegrityError, transaction

from ledger import clock
from ledger.events import SYSTEM, Actor
from ledger.models import Approval
from ledger.refusals import Conflict, NotReady, Refusal

T = TypeVar("T")
STANDS_FOR = timedelta(hours=72)


class AlreadyAskedFor(Conflict):
    """Somebody has asked for this already; it waits for a second person."""

    code = "APPROVAL_ALREADY_REQUESTED"


class TwoPeopleDecide(Refusal):
    """Whoever asked for it cannot be the one who agrees to it."""

    code = "TWO_PEOPLE_DECIDE"


def ask_for(
    *, act: str, record: Any, answers: Mapping[str, Any], amount: int, reason: str, by: Actor
) -> Approval:
    """Write down what is asked for. Raises `AlreadyAskedFor`."""
    try:
        with transaction.atomic():
            return Approval.start(
                by=by,
                book_id=book_of(record),
                act=act,
                subject=str(record.pk),
                about=str(getattr(record, "trail", "")),
                answers=dict(answers),
                amount=amount,
                reason=reason,
                requested_by=by.name,
                expires_at=clock.now() + STANDS_FOR,
            )
    except IntegrityError as error:
        if "asked_for_once_at_a_time" in str(error):
            raise AlreadyAskedFor from error
        raise


def book_of(record: Any) -> int:
    """The book that a record is in; a book's own."""
    return int(record.pk if record._meta.label == "ledger.Book" else record.book_id)


def agree(approval: Approval, *, by: Actor, reason: str, do: Callable[[Approval], T]) -> T:
    """Agree, and `do` it in the same transaction. Raises `TwoPeopleDecide`, `NotReady`."""
    approval = _open(approval)
    if by.name == approval.requested_by:
        raise TwoPeopleDecide
    approval.advance(approval.Status.GRANTED, by=by, decided_by=by.name, decision=reason)
    return do(approval)


def refuse(approval: Approval, *, by: Actor, reason: str) -> Approval:
    """Turn it down; whoever asked may take it back. Raises `NotReady`."""
    approval = _open(approval)
    approval.advance(approval.Status.REFUSED, by=by, decided_by=by.name, decision=reason)
    return approval


def require_unasked(*, book: int, act: str, subject: str) -> None:
    """Raises `AlreadyAskedFor`."""
    rows = Approval.objects.of(book).filter(act=act, subject=subject)
    if rows.filter(status=Approval.Status.REQUESTED).exists():
        raise AlreadyAskedFor


def is_granted(*, book: int, act: str, subject: str, since: datetime | None = None) -> bool:
    """Whether somebody has agreed to this act about this record, at `since` or later."""
    rows = Approval.objects.of(book).filter(act=act, subject=subject)
    granted = rows.filter(status=Approval.Status.GRANTED)
    return bool((granted.filter(status_since__gte=since) if since else granted).exists())


def expire(approval_id: str) -> None:
    """End what nobody has decided in time."""
    with transaction.atomic():
        approval = Approval.across_books.get(pk=approval_id).locked()
        if approval.status == approval.Status.REQUESTED and _is_over(approval):
            approval.advance(approval.Status.EXPIRED, by=SYSTEM)


def _open(approval: Approval) -> Approval:
    approval = approval.locked()
    if approval.status == approval.Status.REQUESTED and _is_over(approval):
        raise NotReady("This request has expired.", current_status="EXPIRED", allowed_from=[])
    return approval


def _is_over(approval: Approval) -> bool:
    return bool(approval.expires_at <= clock.now())
