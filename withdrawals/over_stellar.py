"""Over Stellar: checked, paid for, handed to the chain, and settled by nothing but the chain.

Each step is one transaction on the chain (a `Submission`): the treasury's cover of the user's
wallet, where that holds too little, then the payment. It is claimed before anybody sees it, and its
end is taken in exactly once (`taken_in`). After any failure `proceed` goes on from there.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction

from integrations.marketplaces import users
from integrations.marketplaces.models import User
from integrations.providers.answers import STELLAR, Answer, Declined, Done, Unclear
from integrations.providers.intents import MemoType
from integrations.providers.models import Submission
from integrations.providers.stellar import submission
from ledger import clock, events
from ledger.events import Actor
from ledger.refusals import NotReady
from withdrawals import clearance, covering, destinations, postings
from withdrawals import stellar_outcomes as outcomes
from withdrawals.destinations import Destination
from withdrawals.models import Withdrawal
from withdrawals.stellar_outcomes import PAY

Status = Withdrawal.Status

PATIENCE = timedelta(minutes=10)  # with a federation server that does not answer


def destination(
    _user: User, *, address: str, memo: str = "", memo_type: str = MemoType.TEXT
) -> dict[str, Any]:
    """Who is to be paid, as far as it can be told without asking anybody.

    Raises `NoAddress`, `NoMemo`, `NotPayable`.
    """
    given = destinations.named(address, memo=memo, memo_type=memo_type)
    if given.address:
        destinations.refuse_ours(given.address)
    return {"rail": Withdrawal.Rail.STELLAR, "address": address, **_columns(given)}


def proceed(withdrawal: Withdrawal) -> None:
    """Carry it on from wherever it stands; the caller is alone with it."""
    last = submission.latest(withdrawal.id)
    if last and last.status in Submission.UNDER_WAY:
        return
    if last and last.pk != withdrawal.taken_in and not outcomes.take_in(withdrawal, last):
        return
    withdrawal.refresh_from_db()
    match withdrawal.status:
        case Status.CHECKING:
            _check(withdrawal)
        case Status.COMMITTED | Status.PENDING if _is_claimed(withdrawal):
            _hand_in(withdrawal)


def cancel(withdrawal: Withdrawal, *, by: Actor) -> None:
    """Give a locked withdrawal up before anything was claimed for it. Raises `NotReady`."""
    if withdrawal.status != Status.COMMITTED or withdrawal.asked_at:
        is_sent = withdrawal.status in {Status.COMMITTED, Status.PENDING}
        raise NotReady(
            "The payment is on its way." if is_sent else "",
            current_status=withdrawal.status,
            allowed_from=[Status.CREATED.value, Status.COMMITTED.value],
        )
    withdrawal.advance(Status.CANCELED, by=by)
    postings.failed(withdrawal, by=by)
    covering.forget_shortage(withdrawal, story="The withdrawal was canceled.")


def look_up(withdrawal: Withdrawal) -> None:
    """Have its live transaction looked up now; whatever it shows is told to `proceed`."""
    last = submission.latest(withdrawal.id)
    if last and last.status in Submission.UNDER_WAY:
        events.wake("providers.send_submission", subject=last.pk)


def _check(withdrawal: Withdrawal) -> None:
    """The first step of what is not committed yet: the result is shown before anybody commits."""
    answer = _examined(withdrawal)
    with transaction.atomic():
        match answer:
            case Done(found):
                withdrawal.advance(Status.CREATED, by=STELLAR, **_columns(found))
            case Declined(code, words):
                withdrawal.advance(
                    Status.FAILED, by=STELLAR, reason=code, failure_code=code, failure=words
                )


def _is_claimed(withdrawal: Withdrawal) -> bool:
    """Whether money of a wallet is promised to it; examined once more before it is."""
    if withdrawal.asked_at:
        return True
    if not (users.may_act(withdrawal.user_id) and clearance.is_given(withdrawal)):
        return False
    match _examined(withdrawal):
        case Done(found):
            return covering.claim(withdrawal, **_columns(found))
        case Declined(code, words):
            outcomes.fail(withdrawal, code=code, words=words)
            covering.forget_shortage(withdrawal, story="The withdrawal failed.")
    return False


def _examined(withdrawal: Withdrawal) -> Answer[Destination]:
    """Who is paid, found payable; a name is resolved once, and what was shown stays."""
    found = Destination(
        address=withdrawal.resolved_address,
        memo=withdrawal.memo,
        memo_type=MemoType(withdrawal.memo_type),
    )
    if not found.address:
        answer = destinations.resolve(withdrawal.address, found, trail=withdrawal.id)
        if not isinstance(answer, Done):
            return _in_the_end(withdrawal, answer)
        found = answer.value
    return destinations.inspect(found, amount=withdrawal.amount, trail=withdrawal.id)


def _in_the_end(withdrawal: Withdrawal, answer: Declined | Unclear) -> Declined | Unclear:
    """A server that never answers is a refusal at last: nothing has been claimed."""
    if isinstance(answer, Declined):
        return Declined(destinations.REFUSED, answer.message)
    if clock.now() - withdrawal.status_since < PATIENCE:
        return answer
    return Declined(destinations.REFUSED, "The name could not be looked up.")


def _hand_in(withdrawal: Withdrawal) -> None:
    """Sign the next transaction and claim it: the cover, where one is needed, or the payment."""
    purpose, intent = covering.next_step(withdrawal)
    answer = submission.prepare(book=withdrawal.book_id, intent=intent, about=withdrawal.trail)
    match answer:
        case Done(prepared):
            _claim(withdrawal, prepared, purpose)
        case Unclear(_):
            withdrawal.look_again()


def _claim(withdrawal: Withdrawal, prepared: submission.Prepared, purpose: str) -> None:
    """Store the signed transaction; from here on it may be handed in."""
    subject = str(withdrawal.id)
    try:
        with transaction.atomic():
            users.acting(withdrawal.user_id)
            withdrawal = withdrawal.locked()
            claimed = submission.claim(
                prepared, purpose=purpose, subject=subject, trail=subject, by=STELLAR
            )
            if purpose == PAY:
                _mark_pending(withdrawal, claimed)
    except (submission.Busy, submission.Frozen):
        withdrawal.look_again()
    except users.REFUSALS:
        return  # an act, and it waits


def _mark_pending(withdrawal: Withdrawal, claimed: Submission) -> None:
    """The hash is known before anybody sees the payment; one that expired has another."""
    if withdrawal.status == Status.COMMITTED:
        withdrawal.advance(Status.PENDING, by=STELLAR, reference=claimed.inner_hash)
    else:
        withdrawal.note("signed_anew", by=STELLAR, reference=claimed.inner_hash)


def _columns(found: Destination) -> dict[str, Any]:
    return {
        "resolved_address": found.address,
        "memo": found.memo,
        "memo_type": found.memo_type,
    }
