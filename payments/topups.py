"""Top-ups: ask Airtm for a payment, and credit what it says has arrived."""

from typing import Any

from django.conf import settings
from django.db import transaction

from integrations.marketplaces import users
from integrations.marketplaces.models import Bearer, Marketplace, User
from integrations.providers import directory, links
from integrations.providers.answers import NOT_FOUND, Answer, Declined, Done, clear
from integrations.providers.models import AirtmLink
from integrations.providers.ports import Payin, Payins, PayinStatus
from ledger import clock
from ledger.atomicity import alone
from ledger.events import Actor
from ledger.findings import find
from payments import postings
from payments.models import TopUp

AIRTM = Actor("airtm")


def create(user: User, *, by: Actor, **facts: Any) -> TopUp:
    """Ask for `amount`; the payer gets a `confirmation_url` once Airtm has answered.

    Raises `NotLinked`, `UserSuspended`, `SubjectFrozen`.
    """
    users.acting(user.id)
    links.of(book=user.book_id, holder=user.id)
    return TopUp.start(by=by, book_id=user.book_id, user=user, **facts)


def proceed(topup_id: str) -> None:
    """Carry the conversation on from wherever it stands."""
    with alone(topup_id) as mine:
        topup = TopUp.across_books.get(pk=topup_id)
        if not mine:
            return
        if topup.status == topup.Status.CREATED:
            _ask(topup)
        else:
            absorb(topup, _payins(topup).look_up(code=topup.id))


def heard(*, book: int, code: str) -> None:
    """Airtm says that something happened to a payin: look it up, trust the look-up.

    Raises `StillUnclear`, so that the message stays and is tried again.
    """
    topup = TopUp.objects.of(book).filter(pk=code).first()
    if topup:
        absorb(topup, clear(_payins(topup).look_up(code=code)))


def absorb(topup: TopUp, answer: Answer[Payin]) -> None:
    """Take in what Airtm shows – the one end of webhook, poll, sweep and reconciliation.

    That it shows nothing is no outcome: only a refused request is one.
    """
    if isinstance(answer, Done):
        with transaction.atomic():
            _follow(_locked(topup), answer.value)


def freeze_payer(topup_id: str) -> None:
    """A top-up does not add up: its user's acts wait until somebody has looked."""
    users.freeze(TopUp.across_books.get(pk=topup_id).user_id)


def _ask(topup: TopUp) -> None:
    """Asked before means looked up before: the code finds what a lost answer left behind."""
    found: Answer[Payin] = Declined(NOT_FOUND, "never asked")
    if topup.asked_at:
        found = _payins(topup).look_up(code=topup.id)
    if not (isinstance(found, Declined) and found.code == NOT_FOUND):
        absorb(topup, found)
        return
    TopUp.across_books.filter(pk=topup.id).update(asked_at=clock.now())
    answer = _payins(topup).create(
        code=topup.id,
        amount=topup.amount,
        description=topup.description or "Top-up",
        return_url=topup.return_url or settings.PUBLIC_URL,
        cancel_url=topup.cancel_url or settings.PUBLIC_URL,
    )
    if isinstance(answer, Declined):
        _refused(topup, answer)
    absorb(topup, answer)


def _refused(topup: TopUp, answer: Declined) -> None:
    with transaction.atomic():
        _locked(topup).advance(
            TopUp.Status.FAILED, by=AIRTM, failure_code=answer.code, failure=answer.message
        )


def _payins(topup: TopUp) -> Payins:
    return directory.payins(topup.book_id, trail=topup.id)


def _locked(topup: TopUp) -> TopUp:
    row: TopUp = TopUp.across_books.select_for_update(no_key=True).get(pk=topup.pk)
    return row


def _follow(topup: TopUp, payin: Payin) -> None:
    """Move to where the payin stands; an answer that leads nowhere from here changes nothing."""
    if topup.status == topup.Status.SUCCEEDED and payin.status in _UNDONE:
        _find(topup, "succeeded_topup_undone", {"status": payin.status})
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


_UNDONE = {PayinStatus.FAILED, PayinStatus.CANCELED}


def _credit(topup: TopUp, payin: Payin, facts: dict[str, Any]) -> None:
    topup.advance(
        topup.Status.SUCCEEDED, by=AIRTM, received=payin.net_amount, fee=payin.fee, **facts
    )
    if payin.amount != topup.amount:
        postings.topup_unattributed(topup, payin, by=AIRTM)
        _find(topup, "topup_amount_differs", {"amount": payin.amount})
        return
    bearer = Marketplace.objects.get(book_id=topup.book_id).topup_fee_bearer
    if payin.net_amount or bearer == Bearer.PLATFORM:
        postings.topup_confirmed(topup, payin, fee_bearer=bearer, by=AIRTM)
    else:
        _find(topup, "topup_eaten_by_its_fee", {"fee": payin.fee})
    if payin.payer_email and payin.payer_email != _linked_email(topup):
        _find(topup, "topup_paid_by_another", {"payer": payin.payer_email})


def _linked_email(topup: TopUp) -> str:
    links = AirtmLink.objects.of(topup.book_id).filter(holder=topup.user_id)
    return links.values_list("email", flat=True).first() or ""


def _find(topup: TopUp, kind: str, observed: dict[str, Any]) -> None:
    find(
        book=topup.book_id,
        kind=kind,
        subject=topup.id,
        trail=topup.id,
        expected={"amount": topup.amount, "status": topup.status},
        observed=observed,
        amount=topup.amount,
    )
