"""What became of a payout at Airtm: paid, refused, taken back, or not what we had asked for."""

from contextlib import suppress
from typing import Any

from django.db import transaction

from integrations.marketplaces import users
from integrations.providers.answers import AIRTM
from integrations.providers.ports import Payout, PayoutStatus
from ledger import allocations, findings
from ledger.events import Actor
from ledger.refusals import CauseAlreadyPosted, InsufficientFunds
from withdrawals import postings
from withdrawals.models import Withdrawal

_Status = Withdrawal.Status
_WAITS = {PayoutStatus.PENDING, PayoutStatus.PENDING_USER_ACTION}
_ENDS_BADLY = {PayoutStatus.FAILED, PayoutStatus.CANCELED}
_GIVEN_BACK = {_Status.FAILED, _Status.CANCELED}
# Nothing is set aside and Airtm was never asked: how it ends there if somebody has paid it even so.
_UNCOMMITTED: dict[str, str] = {_Status.CHECKING: _Status.FAILED, _Status.CREATED: _Status.CANCELED}
PAID_UNCOMMITTED = "PAID_UNCOMMITTED"
ANOTHER = "payout_instruction_differs"


def follow(withdrawal: Withdrawal, payout: Payout) -> None:
    """Move to where the payout stands; an answer that leads nowhere from here changes nothing."""
    here, to = withdrawal.status, payout.status
    if here == _Status.COMPLETED and to in _ENDS_BADLY:
        _find(withdrawal, "completed_payout_undone", {"status": to, "amount": payout.amount})
    elif here in _GIVEN_BACK and to == PayoutStatus.COMPLETED:
        _paid_after_all(withdrawal, payout)
    elif here in _UNCOMMITTED and to == PayoutStatus.COMPLETED:
        code = PAID_UNCOMMITTED  # nobody commits it any more, or it would be paid for twice
        withdrawal.advance(_UNCOMMITTED[here], by=AIRTM, reason=code, failure_code=code)
        _paid_after_all(withdrawal, payout)
    elif here == _Status.CANCELING and to in _WAITS:
        return  # that it still waits is no news while Airtm is asked to cancel it
    else:
        _advance(withdrawal, payout)


def was_not_canceled(withdrawal: Withdrawal, payout: Payout) -> None:
    """Airtm would not cancel it: back to where it stands there."""
    if withdrawal.status == _Status.CANCELING:
        _advance(withdrawal, payout)


def give_back(withdrawal: Withdrawal, *, to: str, code: str, message: str = "", by: Actor) -> None:
    """The money that was set aside is the user's to spend again."""
    withdrawal.advance(to, by=by, reason=code, failure_code=code, failure=message)
    postings.failed(withdrawal, by=by)
    allocations.close(withdrawal.id)
    _treasury_is_well(withdrawal, "The withdrawal is not paid any more.")


def is_another(withdrawal: Withdrawal, payout: Payout) -> bool:
    """Whether what carries our code pays somebody else, or another amount."""
    return payout.amount != withdrawal.amount or _is_for_another(withdrawal, payout)


def find_another(withdrawal: Withdrawal, payout: Payout) -> None:
    """It stays where it is until somebody has looked: nothing is paid, nothing is given back."""
    observed = {"amount": payout.amount, "to": payout.recipient_email, "status": payout.status}
    _find(withdrawal, ANOTHER, observed)


def code_is_taken(withdrawal: Withdrawal) -> None:
    """Something there has our code; it could not be shown to be ours."""
    _find(withdrawal, ANOTHER, {"code": "taken"})


def treasury_is_short(withdrawal: Withdrawal) -> None:
    """Our balance there is too small: the user is not failed, and somebody has to fund it."""
    _find(withdrawal, "treasury_short", {})


def _advance(withdrawal: Withdrawal, payout: Payout) -> None:
    to = payout.status
    if to == PayoutStatus.UNKNOWN or to not in withdrawal.TRANSITIONS[withdrawal.status]:
        return
    if to in _ENDS_BADLY:
        code = payout.reason_code or to
        give_back(withdrawal, to=to, code=code, message=payout.reason, by=AIRTM)
    elif _is_for_another(withdrawal, payout):
        find_another(withdrawal, payout)
    elif to == PayoutStatus.COMPLETED:
        _complete(withdrawal, payout)
    else:
        withdrawal.advance(to, by=AIRTM, reference=payout.reference)
        _treasury_is_well(withdrawal, "Airtm has taken the payout on.")


def _complete(withdrawal: Withdrawal, payout: Payout) -> None:
    """Paid. Of another amount, what Airtm took is booked, and the difference waits for somebody."""
    try:
        with transaction.atomic():
            withdrawal.advance(
                PayoutStatus.COMPLETED,
                by=AIRTM,
                reference=payout.reference,
                received=payout.net_amount,
                fee=payout.fee,
            )
            postings.completed(withdrawal, payout, by=AIRTM)
            allocations.close(withdrawal.id)
    except InsufficientFunds:  # it took more than we hold there by our books
        withdrawal.refresh_from_db()
        find_another(withdrawal, payout)
        return
    _treasury_is_well(withdrawal, "Airtm has paid the withdrawal.")
    if payout.amount != withdrawal.amount:
        _find(withdrawal, "payout_amount_differs", {"amount": payout.amount})


def _paid_after_all(withdrawal: Withdrawal, payout: Payout) -> None:
    """The user has the money still, and is frozen; the loss is booked once, as far as we hold it.

    What people have settled is let be: they have booked what could not be, or said why not.
    """
    kind = "paid_after_failure" if withdrawal.committed_at else "paid_uncommitted"
    case = _case(withdrawal, kind, {"amount": payout.amount})
    if findings.was_settled(**case):
        return
    users.freeze(withdrawal.user_id)
    _find(withdrawal, kind, case["observed"])
    with suppress(InsufficientFunds, CauseAlreadyPosted), transaction.atomic():
        postings.paid_after_all(withdrawal, payout, by=AIRTM)


def _is_for_another(withdrawal: Withdrawal, payout: Payout) -> bool:
    return payout.recipient_email.casefold() != withdrawal.email.casefold()


def _treasury_is_well(withdrawal: Withdrawal, story: str) -> None:
    book, subject = withdrawal.book_id, withdrawal.id
    findings.resolve(book=book, kind="treasury_short", subject=subject, story=story)


def _find(withdrawal: Withdrawal, kind: str, observed: dict[str, Any]) -> None:
    case = _case(withdrawal, kind, observed)
    findings.find(**case, trail=withdrawal.id, amount=withdrawal.amount)


def _case(withdrawal: Withdrawal, kind: str, observed: dict[str, Any]) -> dict[str, Any]:
    """What makes it the same finding."""
    return {
        "book": withdrawal.book_id,
        "kind": kind,
        "subject": withdrawal.id,
        "expected": {"amount": withdrawal.amount, "status": withdrawal.status},
        "observed": observed,
    }
