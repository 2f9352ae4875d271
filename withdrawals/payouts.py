"""Payouts: asked for, committed, and carried over the rail that the destination names."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction

from integrations.marketplaces import limits, users
from integrations.marketplaces.models import User
from integrations.providers.models import Submission, Wallet
from ledger import clock, events
from ledger.atomicity import alone
from ledger.events import Actor
from withdrawals import over_airtm, over_stellar, postings
from withdrawals.models import Withdrawal

Rail = Withdrawal.Rail
Status = Withdrawal.Status
NOT_COUNTED = (Status.FAILED, Status.CANCELED, Status.RETURNED)  # towards the limit of a day

# Rail → who says where a withdrawal goes, who carries it there one step at a time, and who takes
# it back.
DESTINATIONS: dict[str, Callable[..., dict[str, Any]]] = {
    Rail.AIRTM: over_airtm.destination,
    Rail.STELLAR: over_stellar.destination,
}
CARRIERS = {Rail.AIRTM: over_airtm.proceed, Rail.STELLAR: over_stellar.proceed}
CANCELERS = {Rail.AIRTM: over_airtm.cancel, Rail.STELLAR: over_stellar.cancel}


def request(
    user: User,
    *,
    destination: dict[str, Any],
    amount: int,
    is_committed: bool,
    by: Actor,
    **facts: Any,
) -> Withdrawal:
    """Write down what is to be paid; with `is_committed` the money is set aside at once.

    `destination` names its rail as `type`. Raises `NotLinked`, `NotTheLinked`, `NoAddress`,
    `NoMemo`, `NotPayable`, `LimitExceeded`, `InsufficientFunds` and the user's refusals.
    """
    users.acting(user.id)
    rail = Rail(destination["type"])
    where = {name: given for name, given in destination.items() if name != "type"}
    facts |= {"book_id": user.book_id, "user": user, "amount": amount}
    facts |= DESTINATIONS[rail](user, **where)
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
        CANCELERS[Rail(withdrawal.rail)](withdrawal, by=by)
    return withdrawal


def turn_down(withdrawal: Withdrawal, *, reason: str, by: Actor) -> None:
    """An operator does not let it go: the money is the user's again. Nothing, if it has moved on.

    The user need not be able to act for that: it gives money back.
    """
    withdrawal = withdrawal.locked()
    if withdrawal.status != Status.COMMITTED or withdrawal.asked_at:
        return
    CANCELERS[Rail(withdrawal.rail)](withdrawal, by=by)
    facts = {"failure_code": "PAYOUT_NOT_APPROVED", "failure": reason}
    withdrawal.note("turned_down", by=by, **facts)


def take_payee(withdrawal: Withdrawal, *, email: str, by: Actor) -> None:
    """Airtm knows its recipient by another address, and two people know that too: it goes on."""
    withdrawal = withdrawal.locked()
    withdrawal.note("payee_taken", by=by, email=email)
    refresh(withdrawal)


def refresh(withdrawal: Withdrawal) -> Withdrawal:
    """Have the provider or the chain asked at once, also about one that has ended."""
    withdrawal = withdrawal.locked()
    withdrawal.look_again()
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
    events.wake("withdrawals.proceed", subject=withdrawal.id)
    if withdrawal.rail == Rail.STELLAR:
        over_stellar.look_up(withdrawal)


def _require_within_limits(user: User, amount: int) -> None:
    """The limits count what was committed, on every rail."""
    others = Withdrawal.objects.of(user.book_id).filter(user=user).exclude(status__in=NOT_COUNTED)
    limits.require(
        "withdrawal", book=user.book_id, amount=amount, counted=others, at="committed_at"
    )
