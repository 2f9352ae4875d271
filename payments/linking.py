"""Linking: which Airtm account is a user's, asked of Airtm and kept with its date."""

from django.db import IntegrityError, transaction

from integrations.marketplaces.models import User
from integrations.providers import directory
from integrations.providers.answers import Declined, Done
from integrations.providers.models import AirtmLink
from integrations.providers.ports import Recipient
from ledger import clock
from ledger.atomicity import alone
from ledger.events import Actor
from ledger.refusals import Conflict

AIRTM = Actor("airtm")
REFUSALS = {"NOT_FOUND": "Airtm knows nobody with this address."}


class AlreadyLinked(Conflict):
    """This user has a linked Airtm account, or is being linked to one."""

    code = "AIRTM_USER_ALREADY_LINKED"


def link(user: User, *, email: str, by: Actor) -> AirtmLink:
    """Ask Airtm who has this address; ends in LINKED or REFUSED. Raises `AlreadyLinked`."""
    rows = AirtmLink.objects.of(user.book_id).select_for_update(no_key=True)
    stored: AirtmLink | None = rows.filter(holder=user.id).first()
    if stored is None:
        return AirtmLink.start(by=by, book_id=user.book_id, holder=user.id, email=email)
    if stored.status != stored.Status.REFUSED:
        raise AlreadyLinked(current_status=stored.status)
    stored.advance(stored.Status.LINKING, by=by, email=email, refusal="")
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
                _refuse(row, REFUSALS.get(code, message))


def _settle(row: AirtmLink, recipient: Recipient) -> None:
    if not recipient.is_active:
        _refuse(row, "This Airtm account is not active.")
        return
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
        _refuse(row, "This Airtm account is linked to another user.")


def _refuse(row: AirtmLink, why: str) -> None:
    with transaction.atomic():
        row.advance(row.Status.REFUSED, by=AIRTM, refusal=why[:120], checked_at=clock.now())
