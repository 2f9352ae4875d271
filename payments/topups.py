"""Top-ups: ask Airtm for a payment, and credit what it says has arrived."""

from typing import Any

from django.conf import settings
from django.db import transaction

from integrations.marketplaces import users
from integrations.marketplaces.models import Marketplace, User
from integrations.providers import directory
from integrations.providers.answers import NOT_FOUND, Answer, Declined, Done
from integrations.providers.models import AirtmLink
from integrations.providers.ports import Payin, PayinStatus
from ledger import clock
from ledger.atomicity import alone
from ledger.events import Actor
from ledger.findings import find
from ledger.refusals import Refusal

from . import postings
from .models import TopUp

AIRTM = Actor("airtm")


class NotLinked(Refusal):
    """The user has no linked Airtm account."""

    code = "AIRTM_USER_NOT_LINKED"


def create(user: User, *, by: Actor, **facts: Any) -> TopUp:
    """Ask for `amount`; the payer gets a `confirmation_url` once Airtm has answered.

    Raises `NotLinked`, `UserSuspended`, `SubjectFrozen`.
    """
    users.acting(user.id)
    if not AirtmLink.objects.of(user.book_id).filter(holder=user.id, status="LINKED").exists():
        raise NotLinked
    return TopUp.start(by=by, book_id=user.book_id, user=user, **facts)


def proceed(topup_id: str) -> None:
    """Carry the conversation on from wherever it stands."""
    with alone(topup_id) as mine:
        if mine:
            topup = TopUp.across_books.get(pk=topup_id)
            absorb(topup, _ask(topup) if topup.status == topup.Status.CREATED else _look_up(topup))


def heard(*, book: int, code: str) -> None:
    """Airtm says that something happened to a payin: look it up, trust the look-up."""
    topup = TopUp.objects.of(book).filter(pk=code).first()
    if topup:
        absorb(topup, _look_up(topup))


def absorb(topup: TopUp, answer: Answer[Payin]) -> None:
    """Take in what Airtm says – the one end of webhook, poll, sweep and reconciliation."""
    with transaction.atomic():
        topup = TopUp.across_books.select_for_update(no_key=True).get(pk=topup.id)
        match answer:
            case Done(payin):
                _follow(topup, payin)
            case Declined(code, message) if topup.status == topup.Status.CREATED:
                topup.advance(
                    topup.Status.FAILED, by=AIRTM, failure_code=code, failure=message
                )


def _ask(topup: TopUp) -> Answer[Payin]:
    """Asked before means looked up before: the code finds what a lost answer left behind."""
    payins = directory.payins(topup.book_id, trail=topup.id)
    if topup.asked_at:
        found = payins.look_up(code=topup.id)
        if not (isinstance(found, Declined) and found.code == NOT_FOUND):
            return found
    TopUp.across_books.filter(pk=topup.id).update(asked_at=clock.now())
    return payins.create(
        code=topup.id,
        amount=topup.amount,
        description=topup.description or "Top-up",
        return_url=topup.return_url or settings.PUBLIC_URL,
        cancel_url=topup.cancel_url or settings.PUBLIC_URL,
    )


def _look_up(topup: TopUp) -> Answer[Payin]:
    return directory.payins(topup.book_id, trail=topup.id).look_up(code=topup.id)


def _follow(topup: TopUp, payin: Payin) -> None:
    """Move to where the payin stands; an answer that leads nowhere from here changes nothing."""
    if payin.status == PayinStatus.UNKNOWN or payin.status not in topup.TRANSITIONS[topup.status]:
        return
    facts: dict[str, Any] = {
        "reference": payin.reference,
        "confirmation_url": payin.confirmation_url,
        "payer_email": payin.payer_email,
        "failure": payin.reason,
    }
    if payin.status == PayinStatus.SUCCEEDED:
        _credit(topup, payin, facts)
    else:
        topup.advance(payin.status, by=AIRTM, **facts)


def _credit(topup: TopUp, payin: Payin, facts: dict[str, Any]) -> None:
    topup.advance(
        topup.Status.SUCCEEDED, by=AIRTM, received=payin.net_amount, fee=payin.fee, **facts
    )
    if payin.amount == topup.amount:
        bearer = Marketplace.objects.get(book_id=topup.book_id).topup_fee_bearer
        postings.topup_confirmed(topup, payin, fee_bearer=bearer, by=AIRTM)
        return
    postings.topup_unattributed(topup, payin, by=AIRTM)
    find(
        book=topup.book_id,
        kind="topup_amount_differs",
        subject=topup.id,
        trail=topup.id,
        expected={"amount": topup.amount},
        observed={"amount": payin.amount},
        amount=payin.net_amount,
    )
