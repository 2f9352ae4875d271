"""Payouts: asked for, committed, and carried over the rail that the destination names."""

from typing import Any

from integrations.marketplaces import users
from integrations.marketplaces.models import User
from ledger.atomicity import alone
from ledger.events import Actor
from withdrawals import over_airtm, postings
from withdrawals.models import Withdrawal

# Rail → who carries a withdrawal over it, one step at a time.
CARRIERS = {Withdrawal.Rail.AIRTM: over_airtm.proceed}


def request(user: User, *, email: str, is_committed: bool, by: Actor, **facts: Any) -> Withdrawal:
    """Write down what is to be paid; with `is_committed` the money is set aside at once.

    Raises `NotLinked`, `NotTheLinked`, `InsufficientFunds` and the user's refusals.
    """
    users.acting(user.id)
    facts |= {"book_id": user.book_id, "user": user} | over_airtm.destination(user, email=email)
    if not is_committed:
        return Withdrawal.start(by=by, **facts)
    withdrawal = Withdrawal.start(by=by, status=Withdrawal.Status.COMMITTED, **facts)
    postings.committed(withdrawal, by=by)
    return withdrawal


def commit(withdrawal: Withdrawal, *, by: Actor) -> Withdrawal:
    """Set the money aside and have it paid. Raises `NotReady`, `InsufficientFunds`."""
    users.acting(withdrawal.user_id)
    withdrawal = withdrawal.locked()
    withdrawal.advance(withdrawal.Status.COMMITTED, by=by)
    postings.committed(withdrawal, by=by)
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
