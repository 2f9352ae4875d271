"""Arrivals: what becomes of money that nobody knew the owner of; rooms post it themselves."""

from collections.abc import Collection

from ledger import findings
from ledger.atomicity import require_transaction
from ledger.events import Actor
from ledger.models import Arrival

Status = Arrival.Status
NOBODYS = "deposit_unattributed"  # the finding about one that came over the chain


def waiting(book: int, causes: Collection[str]) -> list[Arrival]:
    """Those of a book that came by these causes and that nobody has claimed yet, locked."""
    require_transaction()
    rows = Arrival.objects.of(book).select_for_update(no_key=True)
    return list(rows.filter(cause__in=causes, status=Status.UNCLAIMED).order_by("pk"))


def advance(
    arrival: Arrival, to: str, *, by: Actor, approval: str = "", holder: str = ""
) -> Arrival:
    """Move it on, in the transaction that posts what follows. Raises `NotReady`.

    Once its story is at an end, so is the finding that it had no owner.
    """
    arrival = arrival.locked()
    arrival.advance(to, by=by, reason=approval, approval=approval, holder=holder)
    if to not in Arrival.UNATTRIBUTED:
        story = f"Its owner is known: {arrival.id} is {arrival.status} ({approval or by.name})."
        findings.resolve(book=arrival.book_id, kind=NOBODYS, subject=arrival.cause, story=story)
    return arrival
