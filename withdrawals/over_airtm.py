"""Over Airtm: instructed, committed, and carried until Airtm has paid or refused for certain."""

from typing import Any

from django.db import transaction

from integrations.marketplaces import users
from integrations.marketplaces.models import User
from integrations.providers import directory, inbox, links, pauses
from integrations.providers.answers import (
    AIRTM,
    CODE_TAKEN,
    INSUFFICIENT_BALANCE,
    Answer,
    Declined,
    Done,
    clear,
    is_missing,
)
from integrations.providers.ports import Payout, Payouts, PayoutStatus
from ledger import allocations, clock
from ledger.chart import AIRTM_FLOAT
from ledger.events import Actor
from ledger.refusals import NotReady, Refusal
from withdrawals import airtm_outcomes as outcomes
from withdrawals import clearance
from withdrawals.models import Withdrawal

Status = Withdrawal.Status


class NotTheLinked(Refusal):
    """The e-mail address is not that of the user's linked Airtm account."""

    code = "DESTINATION_INVALID"


def destination(user: User, *, email: str = "") -> dict[str, Any]:
    """The user's linked account; an address that is given must be its own.

    Raises `NotLinked`, `NotTheLinked`.
    """
    link = links.of(book=user.book_id, holder=user.id)
    if email and email.casefold() != link.email.casefold():
        raise NotTheLinked
    return {"rail": Withdrawal.Rail.AIRTM, "email": link.email}


def cancel(withdrawal: Withdrawal, *, by: Actor) -> None:
    """Take a locked withdrawal back: at once while Airtm was never asked, else by asking it.

    Airtm cancels what waits for its recipient. Raises `NotReady`.
    """
    if withdrawal.status == Status.COMMITTED and not withdrawal.asked_at:
        outcomes.give_back(withdrawal, to=Status.CANCELED, code="CANCELED", by=by)
    elif withdrawal.status != Status.PENDING_USER_ACTION:
        raise NotReady(
            current_status=withdrawal.status,
            allowed_from=[Status.CREATED, Status.PENDING_USER_ACTION],
        )
    else:
        withdrawal.advance(Status.CANCELING, by=by)


def proceed(withdrawal: Withdrawal) -> None:
    """Carry the conversation on from wherever it stands; the caller is alone with it."""
    match withdrawal.status:
        case Status.CHECKING:
            _check(withdrawal)
        case Status.COMMITTED:
            if _claim(withdrawal):
                _ask(withdrawal)
        case Status.PENDING_USER_ACTION:
            _watch(withdrawal)
        case Status.CANCELING:
            _take_back(withdrawal)
        case _:  # also of one that Airtm should not know of
            absorb(withdrawal, look_up(withdrawal))


def heard(*, book: int, code: str) -> None:
    """Airtm says that something happened to a payout: look it up, trust the look-up.

    Raises `StillUnclear` or `NotKnownYet`, so that the message stays and is tried again.
    """
    withdrawal = Withdrawal.objects.of(book).filter(pk=code).first()
    if withdrawal is None:
        raise inbox.NotKnownYet(code)
    absorb(withdrawal, clear(look_up(withdrawal)))


def absorb(withdrawal: Withdrawal, answer: Answer[Payout]) -> None:
    """Take in what Airtm shows – the one end of webhook, poll, sweep and reconciliation.

    That it shows nothing is no outcome: only a refused request is one.
    """
    if isinstance(answer, Done):
        with transaction.atomic():
            outcomes.follow(withdrawal.locked(), answer.value)


def look_up(withdrawal: Withdrawal) -> Answer[Payout]:
    """The payout that has this withdrawal's id as its code."""
    return _payouts(withdrawal).look_up(code=withdrawal.id)


def _check(withdrawal: Withdrawal) -> None:
    """Is there an active account behind the address? Existence is the provider's to say."""
    answer = _payouts(withdrawal).recipient(email=withdrawal.email)
    with transaction.atomic():
        withdrawal = withdrawal.locked()
        match answer:
            case Done(recipient) if recipient.is_active:
                withdrawal.advance(Status.CREATED, by=AIRTM)
            case Done(_) | Declined(_, _):
                withdrawal.advance(
                    Status.FAILED,
                    by=AIRTM,
                    failure_code="DESTINATION_INVALID",
                    failure="Airtm has no active account with this address.",
                )


def _claim(withdrawal: Withdrawal) -> bool:
    """Promise the money of our Airtm balance to this payout; without enough of it, wait."""
    if withdrawal.asked_at:
        return True
    if not (users.may_act(withdrawal.user_id) and clearance.is_given(withdrawal)):
        return False
    with transaction.atomic():
        withdrawal = withdrawal.locked()
        if withdrawal.status != Status.COMMITTED:
            return False  # taken back in the meantime
        try:
            allocations.open_for(
                book=withdrawal.book_id,
                name=AIRTM_FLOAT,
                operation=withdrawal.id,
                amount=withdrawal.amount,
            )
        except allocations.NothingFree:
            outcomes.treasury_is_short(withdrawal)
            return False
        Withdrawal.across_books.filter(pk=withdrawal.pk).update(asked_at=clock.now())
    return True


def _ask(withdrawal: Withdrawal) -> None:
    """Two steps, so that an unknown state never means "maybe paid": instruct, then commit."""
    answer = look_up(withdrawal)
    if is_missing(answer):
        answer = _payouts(withdrawal).create(
            code=withdrawal.id,
            email=withdrawal.email,
            amount=withdrawal.amount,
            notes=withdrawal.description or "Withdrawal",
        )
    if isinstance(answer, Done) and answer.value.status == PayoutStatus.CREATED:
        _commit_there(withdrawal, answer.value)
    elif isinstance(answer, Declined):
        _refused(withdrawal, answer)
    else:
        absorb(withdrawal, answer)


def _commit_there(withdrawal: Withdrawal, payout: Payout) -> None:
    """Execute the instruction that carries our code, if it says what we meant."""
    if outcomes.is_another(withdrawal, payout):
        outcomes.find_another(withdrawal, payout)
        return
    answer = _payouts(withdrawal).commit(reference=payout.reference)
    if isinstance(answer, Declined):
        _give_up(withdrawal, payout, answer)
    elif isinstance(answer, Done):
        absorb(withdrawal, look_up(withdrawal))


def _give_up(withdrawal: Withdrawal, payout: Payout, answer: Declined) -> None:
    """No instruction of ours is left behind that somebody there might still commit."""
    if answer.code != INSUFFICIENT_BALANCE:
        canceled = _payouts(withdrawal).cancel(reference=payout.reference)
        if not isinstance(canceled, Done):
            return  # the sweep asks again
    _refused(withdrawal, answer)


def _refused(withdrawal: Withdrawal, answer: Declined) -> None:
    """Refused for certain: the money goes back – unless our own balance there is too small, or
    something else has our code and might yet be paid.
    """
    with transaction.atomic():
        withdrawal = withdrawal.locked()
        if answer.code == INSUFFICIENT_BALANCE:
            outcomes.treasury_is_short(withdrawal)
        elif answer.code == CODE_TAKEN:
            outcomes.code_is_taken(withdrawal)
        elif withdrawal.status == Status.COMMITTED:
            outcomes.give_back(
                withdrawal, to=Status.FAILED, code=answer.code, message=answer.message, by=AIRTM
            )


def _watch(withdrawal: Withdrawal) -> None:
    """It waits for its recipient, perhaps for months: look, less and less often."""
    absorb(withdrawal, look_up(withdrawal))
    now = clock.now()
    least = Withdrawal.STANDS_AT_MOST[Status.PENDING_USER_ACTION]
    pause = pauses.growing(since=withdrawal.status_since, now=now, least=least)
    rows = Withdrawal.across_books.filter(pk=withdrawal.pk, status=Status.PENDING_USER_ACTION)
    rows.update(wake_at=now + pause)


def _take_back(withdrawal: Withdrawal) -> None:
    """Ask Airtm to cancel; where it will not, its look-up decides what becomes of it."""
    answer = _payouts(withdrawal).cancel(reference=withdrawal.reference)
    if isinstance(answer, Declined):
        after = look_up(withdrawal)
        if isinstance(after, Done):
            with transaction.atomic():
                outcomes.was_not_canceled(withdrawal.locked(), after.value)
    else:
        absorb(withdrawal, answer)


def _payouts(withdrawal: Withdrawal) -> Payouts:
    return directory.payouts(withdrawal.book_id, trail=withdrawal.id)
