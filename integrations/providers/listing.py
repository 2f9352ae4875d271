"""Listing: a provider's list, page by page, read in no hurry and back to a moment."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol, TypeVar

from integrations.providers.answers import Answer, Declined, Done, NotAsked, StillUnclear
from integrations.providers.ports import Page

PAUSES = (1, 2, 4, 8)  # seconds, while the budget keeps what is left for settlements


class Dated(Protocol):
    @property
    def created_at(self) -> datetime | None: ...


T = TypeVar("T")
D = TypeVar("D", bound=Dated)


def read(ask: Callable[[str], Answer[Page[D]]], *, back_to: datetime | None) -> Iterator[D]:
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


def _is_older(page: Page[D], moment: datetime | None) -> bool:
    dates = [one.created_at for one in page.items]
    return moment is not None and all(date is not None and date < moment for date in dates)
