"""Listing: a provider's list, page by page, read in no hurry and back to a moment."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from django.db.models import Model, QuerySet

from integrations.providers.answers import Answer, Declined, Done, NotAsked, StillUnclear
from integrations.providers.ports import Page
from ledger import clock
from ledger.compared import Window

PAUSES = (1, 2, 4, 8)  # seconds, while the budget keeps what is left for settlements
AT_ONCE = 5_000  # ids in one query
PATIENCE = timedelta(minutes=5)  # with a webhook, and with the looks that make up for a lost one


class Listed(Protocol):
    """A payin or a payout, as a list shows it."""

    @property
    def code(self) -> str: ...
    @property
    def reference(self) -> str: ...
    @property
    def created_at(self) -> datetime | None: ...
    @property
    def changed_at(self) -> datetime | None: ...


T = TypeVar("T")
N = TypeVar("N", bound=Model)
L = TypeVar("L", bound=Listed)


def of(window: Window, ask: Callable[[str], Answer[Page[L]]], *, living: timedelta) -> list[L]:
    """What was made or has changed in the period, and the named subjects; the oldest first.

    `living`: for how long one of them may change; the list is read back that far before the
    period. Raises `StillUnclear`.
    """
    if not window.is_period:
        return []
    back_to = window.since - living if window.since else None
    return [one for one in read(ask, back_to=back_to) if _concerns(one, window)][::-1]


def ours(rows: QuerySet[N], window: Window, codes: set[str]) -> dict[str, N]:
    """Our side of a list, by id: what has changed in the period, and what is named there."""
    if not window.is_period:
        return _by_id(rows.filter(pk__in=window.subjects))
    period = rows.filter(status_since__lt=window.until)
    found = _by_id(period.filter(status_since__gte=window.since) if window.since else period)
    missing = sorted((codes | window.subjects) - set(found))
    for start in range(0, len(missing), AT_ONCE):
        found |= _by_id(rows.filter(pk__in=missing[start : start + AT_ONCE]))
    return found


def is_young(one: Listed) -> bool:
    """Whether it has changed so lately that we need not have heard of it yet."""
    return one.changed_at is not None and one.changed_at > clock.now() - PATIENCE


def read(ask: Callable[[str], Answer[Page[L]]], *, back_to: datetime | None) -> Iterator[L]:
    """Everything made since `back_to`; `ask` takes the place of a page and answers it.

    The lists are the newest first, and end early at the first page that is older as a whole.
    Raises `StillUnclear` for a page that cannot be read: what came before it is not the list.
    """
    page, places = "", set[str]()
    while True:
        answer = patiently(lambda place=page: ask(place))  # type: ignore[misc]
        if isinstance(answer, Declined):
            raise StillUnclear(f"{answer.code} {answer.message}")
        if not isinstance(answer, Done):
            raise StillUnclear(answer.why)
        yield from answer.value.items
        page = answer.value.next_page
        if not page or _is_older(answer.value, back_to):
            return
        if page in places:
            raise StillUnclear("the list leads in a circle")
        places.add(page)


def patiently(ask: Callable[[], Answer[T]]) -> Answer[T]:
    """Ask, and again after a pause while our own budget holds it back."""
    answer = ask()
    for pause in PAUSES:
        if not isinstance(answer, NotAsked):
            break
        time.sleep(pause)
        answer = ask()
    return answer


def _by_id(rows: QuerySet[N]) -> dict[str, N]:
    return {str(row.pk): row for row in rows.order_by("pk")}


def _concerns(one: Listed, window: Window) -> bool:
    if one.code in window.subjects or one.reference in window.subjects:
        return True
    dates = (one.created_at, one.changed_at)
    return any(date is not None and window.covers(date) for date in dates)


def _is_older(page: Page[L], moment: datetime | None) -> bool:
    dates = [one.created_at for one in page.items]
    return moment is not None and all(date is not None and date < moment for date in dates)
