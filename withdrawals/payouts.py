"""Payouts: asked for, committed, and carried over the rail that the destination names."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction

from integrations.marketplaces import users
from integrations.marketplaces.models import User
from integrations.providers.models import Submission, Wallet
from ledger import events
from ledger.atomicity import alone
from ledger.events import Actor
from ledger.refusals import NotReady
from withdrawals import over_airtm, over_stellar, postings
from withdrawals.models import Withdrawal

Rail = Withdrawal.Rail
Status = Withdrawal.Status

# Rail → who says where a withdrawal goes, and who carries it there, one step at a time.
DESTINATIONS: dict[str, Callable[..., dict[str, Any]]] = {
    Rail.AIRTM: over_airtm.destination,
    Rail.STELLAR: over_stellar.destination,
}
CARRIERS = {Rail.AIRTM: over_airtm.proceed, Rail.STELLAR: over_stellar.proceed}


def request(
    user: User, *, destination: dict[str, Any], is_committed: bool, by: Actor, **facts: Any
) -> Withdrawal:
    """Write down what is to be paid; with `is_committed` the money is set aside at once.

    `destination` names its rail as `type`. Raises `NotLinked`, `NotTheLinked`, `NoAddress`,
    `NoMemo`, `NotPayable`, `InsufficientFunds` and the user's refusals.
    """
    users.acting(user.id)
    rail = Rail(destination["type"])
    where = {name: given for name, given in destination.items() if name != "type"}
    facts |= {"book_id": user.book_id, "user": user} | DESTINATIONS[rail](user, **where)
    if not is_committed:
        return Withdrawal.start(by=by, **facts)
    withdrawal = Withdrawal.start(by=by, status=Status.COMMITTED, **facts)
    postings.committed(withdrawal, by=by)
    return withdrawal


def commit(withdrawal: Withdrawal, *, by: Actor) -> Withdrawal:
    """Set the money aside and have it paid. Raises `NotReady`, `InsufficientFunds`."""
    users.acting(withdrawal.user_id)
    withdrawal = withdrawal.locked()
    withdrawal.advance(Status.COMMITTED, by=by)
    postings.committed(withdrawal, by=by)
    return withdrawal


def cancel(withdrawal: Withdrawal, *, by: Actor) -> Withdrawal:
    """Give it up, as far as its rail lets go. Raises `NotReady` and the user's refusals."""
    users.acting(withdrawal.user_id)
    withdrawal = withdrawal.locked()
    if withdrawal.status == Status.CREATED:
        withdrawal.advance(Status.CANCELED, by=by)
    elif withdrawal.rail == Rail.STELLAR:
        over_stellar.cancel(withdrawal, by=by)
    else:
        states = [Status.CREATED.value]
        raise NotReady(current_status=withdrawal.status, allowed_from=states)
    return withdrawal


def refresh(withdrawal: Withdrawal) -> Withdrawal:
    """Have it looked up now, and not when its time has come; joins the caller's transaction."""
    transaction.on_commit(partial(_wake, withdrawal), robust=True)
    return withdrawal


def proceed(withdrawal_id: str) -> None:
    """Carry the conversation on from wherever it stands."""
    with alone(withdrawal_id) as mine:
        withdrawal = Withdrawal.across_books.get(pk=withdrawal_id)
        if mine:
            CARRIERS[Rail(withdrawal.rail)](withdrawal)


def handed_in(*, submission_id: str) -> None:
    """A transaction of some withdrawal has ended on the chain."""
    proceed(Submission.across_books.get(pk=submission_id).subject)


def wallet_is_ready(wallet_id: str) -> None:
    """Go on with the withdrawals that waited for this wallet of their user."""
    waiting = Withdrawal.across_books.filter(
        status=Status.COMMITTED, rail=Rail.STELLAR, asked_at=None
    )
    holder = Wallet.across_books.get(pk=wallet_id).holder
    for withdrawal_id in waiting.filter(user=holder).values_list("pk", flat=True):
        proceed(withdrawal_id)


def freeze_payee(withdrawal_id: str) -> None:
    """A withdrawal does not add up: its user's acts wait until somebody has looked."""
    users.freeze(Withdrawal.across_books.get(pk=withdrawal_id).user_id)


def _wake(withdrawal: Withdrawal) -> None:
    events.relay(withdrawal.event_type(), str(withdrawal.id))
    if withdrawal.rail == Rail.STELLAR:
        over_stellar.look_up(withdrawal)
