"""How money moves out; the table is `design/money.md`."""

from ledger.chart import ADJUSTMENTS, AIRTM_FLOAT, Account, available, paying_out
from ledger.events import Actor
from ledger.posting import Leg, Posted, credit, debit, post

from .models import Withdrawal


def committed(withdrawal: Withdrawal, *, by: Actor) -> Posted:
    user, amount = withdrawal.user_id, withdrawal.amount
    legs = [debit(available(user), amount), credit(paying_out(user), amount)]
    return _post(withdrawal, "withdrawal_committed", legs, by=by)


def completed(withdrawal: Withdrawal, *, by: Actor) -> Posted:
    """Airtm's fee is inside the amount; the recipient bears it."""
    legs = [
        debit(paying_out(withdrawal.user_id), withdrawal.amount),
        credit(AIRTM_FLOAT, withdrawal.amount),
    ]
    return _post(withdrawal, "withdrawal_completed", legs, by=by)


def failed(withdrawal: Withdrawal, *, by: Actor) -> Posted:
    """The exact mirror of `committed`: the money is the user's to spend again."""
    user, amount = withdrawal.user_id, withdrawal.amount
    legs = [debit(paying_out(user), amount), credit(available(user), amount)]
    return _post(withdrawal, "withdrawal_failed", legs, by=by)


def _post(withdrawal: Withdrawal, kind: str, legs: list[Leg], *, by: Actor) -> Posted:
    cause = withdrawal.id
    return post(withdrawal.book_id, kind, cause=cause, legs=legs, by=by, trail=cause)


def opening(book: int, place: Account, amount: int, *, approval: str, by: Actor) -> Posted:
    """Money that stands at `place` before the first transfer: the platform's own capital."""
    legs = [debit(place, amount), credit(ADJUSTMENTS, amount)]
    return post(book, "adjustment", cause=approval, legs=legs, by=by)
