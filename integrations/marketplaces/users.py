"""Users: made once per external id, and asked for before any of their money moves."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import F

from integrations.marketplaces.models import User
from ledger import chart, clock, events, unfreezing
from ledger.atomicity import require_transaction
from ledger.events import Actor
from ledger.fields import new_id
from ledger.models import Event
from ledger.refusals import NotReady, Refusal


class UserSuspended(Refusal):
    """This user is suspended; their money cannot move."""

    code = "USER_SUSPENDED"


class SubjectFrozen(Refusal):
    """This is frozen until an open finding is settled."""

    code = "SUBJECT_FROZEN"


SUSPENDED, REACTIVATED = "user.suspended", "user.reactivated"
REFUSALS = (UserSuspended, SubjectFrozen)  # of every act that moves somebody's money


def create(*, book: int, external_id: str, by: Actor, **facts: Any) -> tuple[User, bool]:
    """The user with this external id, and whether this call made it. Opens their accounts."""
    require_transaction()
    fresh = User(
        id=new_id("usr"), book_id=book, external_id=external_id, created_at=clock.now(), **facts
    )
    User.across_books.bulk_create([fresh], ignore_conflicts=True)
    user = User.objects.of(book).get(external_id=external_id)
    if user.id != fresh.id:
        return user, False
    chart.open_accounts(
        book, [chart.Account(kind, user.id) for kind in chart.PER_USER], owner=user.id
    )
    events.record(book, "user.created", user, by=by)
    return user, True


def update(user: User, *, by: Actor, **facts: Any) -> User:
    """Write down what is new about somebody; nothing new is no event."""
    require_transaction()
    user = _locked(user.id)
    previous = {name: getattr(user, name) for name in facts if getattr(user, name) != facts[name]}
    if previous:
        _write(user, {name: facts[name] for name in previous})
        events.record(user.book_id, "user.updated", user, by=by, previous=previous)
    return user


def suspend(user: User, *, reason: str, by: Actor) -> User:
    """Keep this user's money from moving; outcomes go on. Raises `NotReady`."""
    return _turn(user, to=User.Status.SUSPENDED, reason=reason, by=by)


def reactivate(user: User, *, reason: str, by: Actor) -> User:
    """Let this user's money move again. Raises `NotReady`."""
    return _turn(user, to=User.Status.ACTIVE, reason=reason, by=by)


def acting(user: str) -> User:
    """Lock the user for an act that moves their money; raises `UserSuspended`, `SubjectFrozen`.

    Outcomes (what a provider did) never ask here, or the books would be wrong.
    """
    [row] = acting_together([user])
    return row


def acting_together(ids: Collection[str]) -> list[User]:
    """Lock several, always in the same order, as `acting` locks one.

    Each comes with the `hold_hours` of their marketplace.

    Raises `UserSuspended`, `SubjectFrozen`.
    """
    require_transaction()
    locked = User.across_books.select_for_update(of=("self",), no_key=True)
    told = locked.annotate(hold_hours=F("book__marketplace__hold_hours"))
    rows = list(told.filter(pk__in=ids).order_by("pk"))
    if any(row.status == User.Status.SUSPENDED for row in rows):
        raise UserSuspended
    if any(row.frozen_at for row in rows):
        raise SubjectFrozen
    return rows


def may_act(user: str) -> bool:
    """Whether `acting` would let this user's money move, without locking anything."""
    return User.across_books.filter(pk=user, status=User.Status.ACTIVE, frozen_at=None).exists()


def stops(user: str) -> list[tuple[datetime, datetime]]:
    """From when to when this user could not act, suspended or frozen; what lasts, until now."""
    return _suspensions(user) + unfreezing.spans(User.across_books.get(pk=user))


def _suspensions(user: str) -> list[tuple[datetime, datetime]]:
    told = Event.across_books.filter(resource_id=user, type__in=[SUSPENDED, REACTIVATED])
    spans: list[tuple[datetime, datetime]] = []
    begun: datetime | None = None
    for type_, at in told.order_by("occurred_at", "pk").values_list("type", "occurred_at"):
        if begun is not None and type_ == REACTIVATED:
            spans.append((begun, at))
        begun = at if type_ == SUSPENDED else None
    return spans + ([(begun, clock.now())] if begun else [])


def freeze(user: str) -> None:
    """Refuse this user's acts until somebody has settled what is wrong; outcomes go on."""
    User.across_books.filter(pk=user, frozen_at=None).update(frozen_at=clock.now())


def _turn(user: User, *, to: User.Status, reason: str, by: Actor) -> User:
    require_transaction()
    user = _locked(user.id)
    here, elsewhere = user.status, [status for status in User.Status.values if status != to]
    if here == to:
        raise NotReady(current_status=here, allowed_from=elsewhere)
    _write(user, {"status": to})
    previous = {"status": here}
    type_ = SUSPENDED if to == User.Status.SUSPENDED else REACTIVATED
    events.record(user.book_id, type_, user, by=by, reason=reason, previous=previous)
    return user


def _write(user: User, facts: dict[str, Any]) -> None:
    User.across_books.filter(pk=user.pk).update(**facts)
    for name, value in facts.items():
        setattr(user, name, value)


def _locked(user: str) -> User:
    row: User = User.across_books.select_for_update(no_key=True).get(pk=user)
    return row
