"""Over Airtm: instructed, committed, and carried until Airtm has paid or refused for certain."""

from contextlib import suppress
from typing import Any

from django.db import transaction

from integrations.marketplaces import users
from integrations.marketplaces.models import User
from integrations.providers import directory, links
from integrations.providers.answers import (
    INSUFFICIENT_BALANCE,
    NOT_FOUND,
    Answer,
    Declined,
    Done,
    clear,
)
from integrations.providers.ports import Payout, Payouts, PayoutStatus
from ledger import allocations, clock
from ledger.chart import AIRTM_FLOAT
from ledger.events import Actor
from ledger.findings import find
from ledger.refusals import InsufficientFunds, Refusal
from withdrawals import postings
from withdrawals.models import Withdrawal

AIRTM = Actor("airtm")


class NotTheLinked(Refusal):
    """The e-mail address is not that of the user's linked Airtm account."""

    code = "DESTINATION_INVALID"


def destination(user: User, *, email: str = "") -> dict[str, Any]:
    """The user's linked account; an address that is given must be its own.

    Raises `NotLinked`, `NotTheLinked`.
    """
    link = links.of(book=user.book_id, holder=user.id)
    if email and email.lower() != link.email.lower():
        raise NotTheLinked
    return {"rail": Withdrawal.Rail.AIRTM, "email": link.email}


def proceed(withdrawal: Withdrawal) -> None:
    """Carry the conversation on from wherever it stands; the caller is alone with it."""
    match withdrawal.status:
        case Withdrawal.Status.CHECKING:
            _check(withdrawal)
        case Withdrawal.Status.COMMITTED if _claim(withdrawal):
            _ask(withdrawal)
        case Withdrawal.Status.PENDING | Withdrawal.Status.PENDING_USER_ACTION:
            absorb(withdrawal, _look_up(withdrawal))


def heard(*, book: int, code: str) -> None:
    """Airtm says that something happened to a payout: look it up, trust the look-up.

    Raises `StillUnclear`, so that the message stays and is tried again.
    """
    withdrawal = Withdrawal.objects.of(book).filter(pk=code).first()
    if withdrawal:
        absorb(withdrawal, clear(_look_up(withdrawal)))


def absorb(withdrawal: Withdrawal, answer: Answer[Payout]) -> None:
    """Take in what Airtm shows – the one end of webhook, poll, sweep and reconciliation.

    That it shows nothing is no outcome: only a refused request is one.
    """
    if isinstance(answer, Done):
        with transaction.atomic():
            _follow(withdrawal.locked(), answer.value)


def _check(withdrawal: Withdrawal) -> None:
    """Is there an active account behind the address? Existence is the provider's to say."""
    answer = _payouts(withdrawal).recipient(email=withdrawal.email)
    with transaction.atomic():
        match answer:
            case Done(recipient) if recipient.is_active:
                withdrawal.advance(withdrawal.Status.CREATED, by=AIRTM)
            case Done(_) | Declined(_, _):
                withdrawal.advance(
                    withdrawal.Status.FAILED,
                    by=AIRTM,
                    failure_code="DESTINATION_INVALID",
                    failure="Airtm has no active account with this address.",
                )


def _claim(withdrawal: Withdrawal) -> bool:
    """Promise the money of our Airtm balance to this payout; without enough of it, wait."""
    if withdrawal.asked_at:
        return True
    if not users.may_act(withdrawal.user_id):
        return False
    with transaction.atomic():
        try:
            allocations.open_for(
                book=withdrawal.book_id,
                name=AIRTM_FLOAT,
                operation=withdrawal.id,
                amount=withdrawal.amount,
            )
        except allocations.NothingFree:
            _treasury_is_short(withdrawal)
            return False
        Withdrawal.across_books.filter(pk=withdrawal.pk).update(asked_at=clock.now())
    return True


def _ask(withdrawal: Withdrawal) -> None:
    """Two steps, so that an unknown state never means "maybe paid": instruct, then commit."""
    answer = _look_up(withdrawal)
    if isinstance(answer, Declined) and answer.code == NOT_FOUND:
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
    if (payout.amount, payout.recipient_email.lower()) != (
        withdrawal.amount,
        withdrawal.email.lower(),
    ):
        _find(withdrawal, "payout_instruction_differs", {"amount": payout.amount})
        return
    answer = _payouts(withdrawal).commit(reference=payout.reference)
    if isinstance(answer, Declined):
        _give_up(withdrawal, payout, answer)
    elif isinstance(answer, Done):
        absorb(withdrawal, _look_up(withdrawal))


def _give_up(withdrawal: Withdrawal, payout: Payout, answer: Declined) -> None:
    """No instruction of ours is left behind that somebody there might still commit."""
    if answer.code != INSUFFICIENT_BALANCE:
        canceled = _payouts(withdrawal).cancel(reference=payout.reference)
        if not isinstance(canceled, Done):
            return  # the sweep asks again
    _refused(withdrawal, answer)


def _refused(withdrawal: Withdrawal, answer: Declined) -> None:
    """Refused for certain: the money goes back – unless it is our own balance that is too small."""
    with transaction.atomic():
        withdrawal = withdrawal.locked()
        if answer.code == INSUFFICIENT_BALANCE:
            _treasury_is_short(withdrawal)
        else:
            _fail(withdrawal, code=answer.code, message=answer.message)


def _look_up(withdrawal: Withdrawal) -> Answer[Payout]:
    return _payouts(withdrawal).look_up(code=withdrawal.id)


def _payouts(withdrawal: Withdrawal) -> Payouts:
    return directory.payouts(withdrawal.book_id, trail=withdrawal.id)


def _follow(withdrawal: Withdrawal, payout: Payout) -> None:
    """Move to where the payout stands; an answer that leads nowhere from here changes nothing."""
    to = payout.status
    if (withdrawal.status, to) in _PAID_AFTER_ALL:
        _paid_after_all(withdrawal, payout)
    elif withdrawal.status == withdrawal.Status.COMPLETED and to in _ENDS_BADLY:
        _find(withdrawal, "completed_payout_undone", {"status": to, "amount": payout.amount})
    elif to in _ENDS_BADLY and to in withdrawal.TRANSITIONS[withdrawal.status]:
        _fail(withdrawal, code=payout.reason_code or to, message=payout.reason, to=to)
    elif to in _FOLLOWED and to in withdrawal.TRANSITIONS[withdrawal.status]:
        if to == PayoutStatus.COMPLETED:
            _complete(withdrawal, payout)
        else:
            withdrawal.advance(to, by=AIRTM, reference=payout.reference)


_FOLLOWED = {PayoutStatus.PENDING, PayoutStatus.PENDING_USER_ACTION, PayoutStatus.COMPLETED}
_ENDS_BADLY = {PayoutStatus.FAILED, PayoutStatus.CANCELED}
_PAID_AFTER_ALL = {(status, PayoutStatus.COMPLETED) for status in ("FAILED", "CANCELED")}


def _complete(withdrawal: Withdrawal, payout: Payout) -> None:
    withdrawal.advance(
        PayoutStatus.COMPLETED,
        by=AIRTM,
        reference=payout.reference,
        received=payout.net_amount,
        fee=payout.fee,
    )
    postings.completed(withdrawal, by=AIRTM)
    allocations.close(withdrawal.id)
    if payout.amount != withdrawal.amount:
        _find(withdrawal, "payout_amount_differs", {"amount": payout.amount})


def _fail(withdrawal: Withdrawal, *, code: str, message: str, to: str = "FAILED") -> None:
    withdrawal.advance(to, by=AIRTM, reason=code, failure_code=code, failure=message)
    postings.failed(withdrawal, by=AIRTM)
    allocations.close(withdrawal.id)


def _paid_after_all(withdrawal: Withdrawal, payout: Payout) -> None:
    """The user had the money back: the user is frozen, and the loss booked as far as we hold it."""
    users.freeze(withdrawal.user_id)
    _find(withdrawal, "paid_after_failure", {"amount": payout.amount})
    with suppress(InsufficientFunds), transaction.atomic():
        postings.paid_after_all(withdrawal, payout, by=AIRTM)


def _treasury_is_short(withdrawal: Withdrawal) -> None:
    _find(withdrawal, "treasury_short", {})


def _find(withdrawal: Withdrawal, kind: str, observed: dict[str, Any]) -> None:
    find(
        book=withdrawal.book_id,
        kind=kind,
        subject=withdrawal.id,
        trail=withdrawal.id,
        expected={"amount": withdrawal.amount, "status": withdrawal.status},
        observed=observed,
        amount=withdrawal.amount,
    )
