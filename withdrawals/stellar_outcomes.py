"""What became of a withdrawal on the chain: its transaction has ended, and is booked as seen."""

from collections.abc import Sequence

from django.db import transaction

from integrations.marketplaces import users
from integrations.providers.answers import STELLAR, Done
from integrations.providers.models import Submission
from integrations.providers.ports import Fault, Movement
from integrations.providers.stellar import submission, wallets
from ledger import allocations, chart
from ledger.findings import find
from withdrawals import destinations, postings
from withdrawals.models import Withdrawal

COVER, PAY = "withdrawal.cover", "withdrawal.pay"
NOT_PAID = "PAYMENT_FAILED"

# What the recipient's account did not allow; every other failure is ours.
_RECIPIENTS: dict[str, str] = {
    Fault.RECIPIENT_MISSING: "There is no such account on the chain.",
    Fault.RECIPIENT_TRUSTS_NOT: "The account has no trustline for USDC.",
    Fault.RECIPIENT_BARRED: "The issuer of USDC has not authorised the account.",
    Fault.RECIPIENT_FULL: "The account's trustline has no room for so much USDC.",
}


def take_in(withdrawal: Withdrawal, last: Submission) -> bool:
    """Draw the consequences of an ended transaction, once; False if it cannot be read yet."""
    match last.status:
        case Submission.Status.CONFIRMED:
            answer = submission.movements(last)
            return isinstance(answer, Done) and _confirmed(withdrawal, last, answer.value)
        case Submission.Status.EXPIRED:
            _mark(withdrawal, last)  # proven dead: it is built anew
        case _:
            _refused(withdrawal, last)
    return True


def fail(withdrawal: Withdrawal, *, code: str, words: str, last: Submission | None = None) -> None:
    """Failed for certain: the money is the user's again, and nothing is promised any more.

    What a cover has brought stays in the user's wallet, free for whatever comes next.
    """
    with transaction.atomic():
        withdrawal = withdrawal.locked()
        withdrawal.advance(
            withdrawal.Status.FAILED,
            by=STELLAR,
            reason=code,
            failure_code=code,
            failure=words,
            taken_in=last.pk if last else withdrawal.taken_in,
        )
        postings.failed(withdrawal, by=STELLAR)
        allocations.close(str(withdrawal.id))


def _confirmed(withdrawal: Withdrawal, last: Submission, seen: Sequence[Movement]) -> bool:
    """Our own transaction must have moved the whole amount, to whom we meant, and nothing else."""
    target = _target(withdrawal, last)
    moved = [(move.source, move.target, move.amount) for move in seen]
    if moved != [(last.source, target, withdrawal.amount)]:
        _differs(withdrawal, last, moved)
        return False
    settle = _paid if last.purpose == PAY else _covered
    settle(withdrawal, last)
    return True


def _paid(withdrawal: Withdrawal, last: Submission) -> None:
    with transaction.atomic():
        withdrawal = withdrawal.locked()
        withdrawal.advance(
            withdrawal.Status.COMPLETED,
            by=STELLAR,
            reference=last.inner_hash,
            received=withdrawal.amount,
            fee=0,
            taken_in=last.pk,
        )
        postings.completed_on_chain(withdrawal, payer=last.source, by=STELLAR)
        allocations.close(str(withdrawal.id))


def _covered(withdrawal: Withdrawal, last: Submission) -> None:
    """The cover's arrival promises the money to the payment that it is for."""
    book, operation, amount = withdrawal.book_id, str(withdrawal.id), withdrawal.amount
    own = _target(withdrawal, last)
    with transaction.atomic():
        _mark(withdrawal.locked(), last)
        postings.covered(book, last.source, own, amount, cause=last.pk, by=STELLAR, trail=operation)
        allocations.close(operation)
        allocations.open_for(book=book, name=chart.wallet(own), operation=operation, amount=amount)


def _refused(withdrawal: Withdrawal, last: Submission) -> None:
    """Included without effect, or never to be included: nothing was paid, and nothing will be."""
    if last.purpose == PAY and last.fault in _RECIPIENTS:
        fail(withdrawal, code=destinations.REFUSED, words=_RECIPIENTS[last.fault], last=last)
        return
    _find(withdrawal, "payment_failed", {"code": last.result_code, "hash": last.inner_hash})
    fail(withdrawal, code=NOT_PAID, words="The chain refused the payment.", last=last)


def _differs(withdrawal: Withdrawal, last: Submission, moved: list[tuple[str, str, int]]) -> None:
    """It is not taken in: it is read again, and never paid again, until somebody has looked."""
    users.freeze(withdrawal.user_id)
    _find(withdrawal, "payment_differs", {"hash": last.inner_hash, "moved": moved})


def _target(withdrawal: Withdrawal, last: Submission) -> str:
    if last.purpose == PAY:
        return destinations.account_of(withdrawal.resolved_address)
    own = wallets.held_by(book=withdrawal.book_id, holder=withdrawal.user_id)
    return own.address if own else ""


def _mark(withdrawal: Withdrawal, last: Submission) -> None:
    rows = Withdrawal.across_books.filter(pk=withdrawal.pk, status=withdrawal.status)
    rows.update(taken_in=last.pk)


def _find(withdrawal: Withdrawal, kind: str, observed: dict[str, object]) -> None:
    find(
        book=withdrawal.book_id,
        kind=kind,
        subject=str(withdrawal.id),
        trail=withdrawal.trail,
        expected={"amount": withdrawal.amount, "to": withdrawal.resolved_address},
        observed=observed,
        amount=withdrawal.amount,
    )
