"""Payouts: asked for, committed, and carried over the rail that the destination names."""

from functools import partial
from typing import Any

from django.db import transaction

from integrations.marketplaces import limits, users
from integrations.marketplaces.models import User
from ledger import clock, events
from ledger.atomicity import alone
from ledger.events import Actor
from withdrawals import over_airtm, postings
from withdrawals.models import Withdrawal

Status = Withdrawal.Status
NOT_COUNTED = (Status.FAILED, Status.CANCELED, Status.RETURNED)  # towards the limit of a day

# Rail → who carries a withdrawal over it, one step at a time.
CARRIERS = {Withdrawal.Rail.AIRTM: over_airtm.proceed}
CANCELERS = {Withdrawal.Rail.AIRTM: over_airtm.cancel}  # … and who takes one back


def request(
    user: User, *, email: str, amount: int, is_committed: bool, by: Actor, **facts: Any
) -> Withdrawal:
    """Write down what is to be paid; with `is_committed` the money is set aside at once.

    Raises `NotLinked`, `NotTheLinked`, `LimitExceeded`, `InsufficientFunds` and the user's
    refusals.
    """
    users.acting(user.id)
    facts |= {"book_id": user.book_id, "user": user, "amount": amount}
    facts |= over_airtm.destination(user, email=email)
    _require_within_limits(user, amount)
    if not is_committed:
        return Withdrawal.start(by=by, **facts)
    facts |= {"status": Status.COMMITTED, "committed_at": clock.now()}
    withdrawal = Withdrawal.start(by=by, **facts)
    postings.committed(withdrawal, by=by)
    return withdrawal


def commit(withdrawal: Withdrawal, *, by: Actor) -> Withdrawal:
    """Set the money aside and have it paid.

    Raises `NotReady`, `LimitExceeded`, `InsufficientFunds` and the user's refusals.
    """
    users.acting(withdrawal.user_id)
    withdrawal = withdrawal.locked()
    _require_within_limits(withdrawal.user, withdrawal.amount)
    withdrawal.advance(Status.COMMITTED, by=by, committed_at=clock.now())
    postings.committed(withdrawal, by=by)
    return withdrawal


def cancel(withdrawal: Withdrawal, *, by: Actor) -> Withdrawal:
    """Take it back where that is still possible; money that was set aside is the user's again.

    Raises `NotReady` and the user's refusals.
    """
    users.acting(withdrawal.user_id)
    withdrawal = withdrawal.locked()
    if withdrawal.status == Status.CREATED:
        withdrawal.advance(Status.CANCELED, by=by)  # nothing was set aside, nobody was asked
    else:
        CANCELERS[Withdrawal.Rail(withdrawal.rail)](withdrawal, by=by)
    return withdrawal


def refresh(withdrawal: Withdrawal) -> Withdrawal:
    """Have the provider asked at once how it stands, also about one that has ended."""
    withdrawal = withdrawal.locked()
    withdrawal.look_again()
    wake = partial(events.wake, "withdrawals.proceed", subject=withdrawal.id)
    transaction.on_commit(wake, robust=True)
    return withdrawal


def proceed(withdrawal_id: str) -> None:
    """Carry the conversation on from wherever it stands."""
    with alone(withdrawal_id) as mine:
        withdrawal = Withdrawal.across_books.get(pk=withdrawal_id)
        if mine:
            CARRIERS[Withdrawal.Rail(withdrawal.rail)](withdrawal)


def freeze_payee(withdrawal_id: str) -> None:
    """A withdrawal does not add up: its user's acts wait until somebody has looked."""
    users.freeze(Withdrawal.across_books.get(pk=withdrawal_id).user_id)


def _require_within_limits(user: User, amount: int) -> None:
    """The limits count what was committed, on every rail."""
    others = Withdrawal.objects.of(user.book_id).filter(user=user).exclude(status__in=NOT_COUNTED)
    limits.require(
        "withdrawal", book=user.book_id, amount=amount, counted=others, at="committed_at"
    )
