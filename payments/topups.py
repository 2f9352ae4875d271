"""Top-ups: ask Airtm for a payment, and credit what it says has arrived."""

from functools import partial
from typing import Any

from django.db import transaction

from integrations.marketplaces import limits, users
from integrations.marketplaces.models import User
from integrations.providers import directory, inbox, links, pauses
from integrations.providers.answers import (
    AIRTM,
    NOT_FOUND,
    Answer,
    Declined,
    Done,
    clear,
    is_missing,
)
from integrations.providers.ports import Payin, Payins, PayinStatus
from ledger import clock, events
from ledger.atomicity import alone
from ledger.events import Actor
from ledger.lifecycle import SOON
from ledger.refusals import Refusal
from payments import outcomes, returning
from payments.models import TopUp

Status = TopUp.Status

MAY_NOT_PAY_IN = {"USA"}  # Airtm takes no payins from there (415053)
NOT_COUNTED = (Status.FAILED, Status.CANCELED, Status.EXPIRED)  # towards the limit of a day


class NotEligible(Refusal):
    """Airtm takes no payments from this user's account."""

    code = "AIRTM_USER_INVALID"


def create(user: User, *, amount: int, by: Actor, **facts: Any) -> TopUp:
    """Ask for `amount`; the payer gets a `confirmation_url` once Airtm has answered.

    Raises `NotLinked`, `NotEligible`, `AddressRefused`, `LimitExceeded`, `UserSuspended`,
    `SubjectFrozen`.
    """
    book = user.book_id
    users.acting(user.id)
    if links.of(book=book, holder=user.id).country in MAY_NOT_PAY_IN:
        raise NotEligible
    for field in ("return_url", "cancel_url"):
        returning.require_allowed(facts.get(field, ""), field=field, book=book)
    others = TopUp.objects.of(book).filter(user=user).exclude(status__in=NOT_COUNTED)
    limits.require("topup", book=book, amount=amount, counted=others, at="created_at")
    return TopUp.start(by=by, book_id=book, user=user, amount=amount, **facts)


def cancel(topup: TopUp, *, by: Actor) -> TopUp:
    """Give a top-up up: Airtm is asked to close its page, unless it was never asked to open one.

    A payment that was faster is credited all the same. Raises `NotReady` and the user's refusals.
    """
    users.acting(topup.user_id)
    topup = topup.locked()
    was_asked = topup.asked_at is not None
    is_ours_alone = topup.status == Status.CREATED and not was_asked
    topup.advance(Status.CANCELED if is_ours_alone else Status.CANCELING, by=by)
    return topup


def refresh(topup: TopUp) -> TopUp:
    """Have Airtm asked at once how it stands, also about one that has ended."""
    topup = topup.locked()
    topup.look_again()
    wake = partial(events.wake, "payments.proceed_topup", subject=topup.id)
    transaction.on_commit(wake, robust=True)
    return topup


def proceed(topup_id: str) -> None:
    """Carry the conversation on from wherever it stands."""
    with alone(topup_id) as mine:
        topup = TopUp.across_books.get(pk=topup_id)
        if not mine:
            return
        match topup.status:
            case Status.CREATED:
                _ask(topup)
            case Status.CANCELING:
                _close(topup)
            case Status.AWAITING_USER_CONFIRMATION:
                _watch(topup)
            case _:
                absorb(topup, _look_up(topup))


def heard(*, book: int, code: str) -> None:
    """Airtm says that something happened to a payin: look it up, trust the look-up.

    Raises `StillUnclear` or `NotKnownYet`, so that the message stays and is tried again.
    """
    topup = TopUp.objects.of(book).filter(pk=code).first()
    if topup is None:
        raise inbox.NotKnownYet(code)
    absorb(topup, clear(_look_up(topup)))


def absorb(topup: TopUp, answer: Answer[Payin]) -> None:
    """Take in what Airtm shows – the one end of webhook, poll, sweep and reconciliation.

    That it shows nothing is no outcome: only a refused request is one.
    """
    if isinstance(answer, Done):
        with transaction.atomic():
            outcomes.follow(topup.locked(), answer.value)


def freeze_payer(topup_id: str) -> None:
    """A top-up does not add up: its user's acts wait until somebody has looked."""
    users.freeze(TopUp.across_books.get(pk=topup_id).user_id)


def _ask(topup: TopUp) -> None:
    """Asked before means looked up before: the code finds what a lost answer left behind."""
    found: Answer[Payin] = Declined(NOT_FOUND, "never asked")
    if topup.asked_at:
        found = _look_up(topup)
    if not is_missing(found):
        absorb(topup, found)
    elif clock.now() >= topup.created_at + TopUp.PAYABLE_FOR:
        _end(topup, Status.EXPIRED)
    elif _claim(topup):
        _open(topup)


def _claim(topup: TopUp) -> bool:
    """From here on Airtm may know of it. Not for somebody who may not act, nor once given up."""
    if not users.may_act(topup.user_id):
        return False
    now = clock.now()
    rows = TopUp.across_books.filter(pk=topup.pk, status=Status.CREATED)
    return bool(rows.update(asked_at=now, expires_at=now + TopUp.PAYABLE_FOR))


def _open(topup: TopUp) -> None:
    answer = _payins(topup).create(
        code=topup.id,
        amount=topup.amount,
        description=topup.description or "Top-up",
        **returning.addresses(topup),
    )
    if isinstance(answer, Declined):
        with transaction.atomic():
            outcomes.refused(topup.locked(), answer)
    absorb(topup, answer)


def _watch(topup: TopUp) -> None:
    """Nobody has paid yet: look, less and less often, and at the end of its time close it."""
    answer = _look_up(topup)
    absorb(topup, answer)
    now = clock.now()
    if now >= outcomes.deadline(topup) and _is_open(answer):
        _close(topup)
        return
    least = TopUp.STANDS_AT_MOST[Status.AWAITING_USER_CONFIRMATION]
    pause = pauses.growing(since=topup.status_since, now=now, least=least)
    rows = TopUp.across_books.filter(pk=topup.pk, status=Status.AWAITING_USER_CONFIRMATION)
    rows.update(wake_at=min(now + pause, max(outcomes.deadline(topup), now + SOON)))


def _close(topup: TopUp) -> None:
    """Ask Airtm to close the page; where it will not, its look-up decides what became of it."""
    before = _look_up(topup)
    if not _is_open(before):
        absorb(topup, before)
        return
    answer = _payins(topup).cancel(reference=topup.reference)
    if not isinstance(answer, Declined):
        absorb(topup, answer)
        return
    after = _look_up(topup)
    if _is_open(after):
        with transaction.atomic():
            outcomes.stays_open(topup.locked())
    else:
        absorb(topup, after)


def _end(topup: TopUp, status: str) -> None:
    with transaction.atomic():
        topup.locked().advance(status, by=AIRTM)


def _is_open(answer: Answer[Payin]) -> bool:
    awaiting = PayinStatus.AWAITING_USER_CONFIRMATION
    return isinstance(answer, Done) and answer.value.status == awaiting


def _look_up(topup: TopUp) -> Answer[Payin]:
    return _payins(topup).look_up(code=topup.id)


def _payins(topup: TopUp) -> Payins:
    return directory.payins(topup.book_id, trail=topup.id)
