"""Linking: which Airtm account is a user's, asked of Airtm and kept with its date."""

from typing import Any

from django.db import IntegrityError, transaction

from integrations.marketplaces.models import User
from integrations.providers import directory
from integrations.providers.answers import AIRTM, NOT_FOUND, Declined, Done
from integrations.providers.directory import NotConfigured
from integrations.providers.models import AirtmLink
from integrations.providers.ports import Recipient
from ledger import clock
from ledger.atomicity import alone
from ledger.events import Actor
from ledger.findings import find
from ledger.refusals import Conflict

__all__ = ["AlreadyLinked", "NotConfigured", "link", "proceed"]

REFUSALS = {
    NOT_FOUND: "Airtm knows nobody with this address.",
    "NOT_ACTIVE": "This Airtm account is not active.",
    "LINKED_TO_ANOTHER": "This Airtm account is linked to another user.",
    "ACCOUNT_REPLACED": "Another Airtm account has this address now.",
}


class AlreadyLinked(Conflict):
    """This user is linked to another Airtm address, or is being linked."""

    code = "AIRTM_USER_ALREADY_LINKED"


def link(user: User, *, email: str, by: Actor) -> AirtmLink:
    """Ask Airtm who has this address; ends in LINKED or REFUSED.

    Asked again for the address that is linked, it is checked anew: whether the account is still
    active, verified, and the same one. Raises `AlreadyLinked`, `NotConfigured`.
    """
    rows = AirtmLink.objects.of(user.book_id).select_for_update(no_key=True)
    stored: AirtmLink | None = rows.filter(holder=user.id).first()
    if stored is not None:
        _require_free(stored, email)
    directory.account(user.book_id, directory.Provider.AIRTM)
    if stored is None:
        return AirtmLink.start(by=by, book_id=user.book_id, holder=user.id, email=email)
    stored.advance(stored.Status.LINKING, by=by, email=email, refusal_code="", refusal="")
    return stored


def proceed(link_id: str) -> None:
    """Ask, and settle what Airtm says; an unclear answer is asked again by the sweep."""
    with alone(link_id) as mine:
        row = AirtmLink.across_books.get(pk=link_id)
        if not mine or row.status != row.Status.LINKING:
            return
        match directory.payouts(row.book_id, trail=row.holder).recipient(email=row.email):
            case Done(recipient):
                _settle(row, recipient)
            case Declined(code, message):
                _refuse(row, code, message)


def _require_free(stored: AirtmLink, email: str) -> None:
    is_the_same = stored.email.casefold() == email.casefold()
    if stored.status == stored.Status.LINKING or (stored.reference and not is_the_same):
        raise AlreadyLinked(current_status=stored.status)


def _settle(row: AirtmLink, recipient: Recipient) -> None:
    """An address that leads to another account than before is not followed there silently."""
    if row.reference and row.reference != recipient.reference:
        _refuse(row, "ACCOUNT_REPLACED", observed={"reference": recipient.reference})
    elif recipient.is_active:
        _link(row, recipient)
    else:
        _refuse(row, "NOT_ACTIVE")


def _link(row: AirtmLink, recipient: Recipient) -> None:
    try:
        with transaction.atomic():
            row.advance(
                row.Status.LINKED,
                by=AIRTM,
                reference=recipient.reference,
                country=recipient.country,
                is_verified=recipient.is_verified,
                checked_at=clock.now(),
            )
    except IntegrityError:  # one_user_per_airtm_account
        row.refresh_from_db()
        _refuse(row, "LINKED_TO_ANOTHER")


def _refuse(
    row: AirtmLink, code: str, message: str = "", *, observed: dict[str, Any] | None = None
) -> None:
    """The account is nobody's any more, so that its owner can be linked elsewhere."""
    expected = {"email": row.email, "reference": row.reference}
    with transaction.atomic():
        row.advance(
            row.Status.REFUSED,
            by=AIRTM,
            reference="",
            refusal_code=code[:60],
            refusal=REFUSALS.get(code, message)[:120],
            checked_at=clock.now(),
        )
        if observed:
            find(
                book=row.book_id,
                kind="airtm_account_replaced",
                subject=row.holder,
                trail=row.holder,
                expected=expected,
                observed=observed,
            )
