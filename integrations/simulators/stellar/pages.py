"""Cursor paging as Horizon does it: `cursor`, `order`, `limit`, and links to the neighbours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from integrations.simulators.stellar import ledgers, problems

MOST = 200
USUAL = 10
Row = TypeVar("Row", bound=Model)
Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which records were asked for. `cursor` is the last one that the client has seen."""

    cursor: int | None = None
    descending: bool = False
    limit: int = USUAL
    above: int = 0  # history tells of ids between these two
    below: int | None = None

    def of(self, rows: "QuerySet[Row]") -> Sequence[Row]:
        """The records of this page, of rows whose ids are their paging tokens."""
        if self.cursor is not None:
            rows = rows.filter(**{"id__lt" if self.descending else "id__gt": self.cursor})
        if self.above:
            rows = rows.filter(id__gt=self.above)
        if self.below is not None:
            rows = rows.filter(id__lt=self.below)
        return list(rows.order_by("-id" if self.descending else "id")[: self.limit])


Fetch = Callable[[Page], list[Record]]


def asked_for(request: HttpRequest) -> Page:
    """Raises `Problem` for values that Horizon does not take, and for what is too old for it."""
    asked = extent(request)
    return within_history(
        cursor=_cursor(request.headers.get("Last-Event-ID") or request.GET.get("cursor", "")),
        descending=asked.descending,
        limit=asked.limit,
    )


def extent(request: HttpRequest) -> Page:
    """How many records were asked for, and in which order, wherever they begin."""
    order = request.GET.get("order") or "asc"
    if order not in ("asc", "desc"):
        raise problems.bad_request(field="order", reason="order: invalid value")
    return Page(descending=order == "desc", limit=_limit(request.GET.get("limit", "")))


def within_history(*, cursor: int | None, descending: bool, limit: int) -> Page:
    """A page of what history tells of at this moment. Raises `Problem`."""
    told = ledgers.told()
    oldest = told.elder << 32 if told.elder > 1 else 0
    if cursor is not None and cursor < oldest and (told.refuses_older or descending):
        raise problems.before_history()
    return Page(
        cursor=cursor,
        descending=descending,
        limit=limit,
        above=oldest,
        below=told.newest.sequence + 1 << 32 if told.newest else None,
    )


def body(request: HttpRequest, page: Page, records: Sequence[Record]) -> dict[str, Any]:
    first = records[0]["paging_token"] if records else ""
    # An empty page leads to itself, so that a client may poll its `next`.
    last = records[-1]["paging_token"] if records else page.cursor or ""
    return linked(request, page, records, first=first or last, last=last)


def linked(
    request: HttpRequest, page: Page, records: Sequence[Record], *, first: object, last: object
) -> dict[str, Any]:
    """A page between the paging tokens of its `first` and `last` record."""
    order, opposite = ("desc", "asc") if page.descending else ("asc", "desc")
    return {
        "_links": {
            "self": {"href": request.build_absolute_uri()},
            "next": {"href": _href(request, page, cursor=last, order=order)},
            "prev": {"href": _href(request, page, cursor=first, order=opposite)},
        },
        "_embedded": {"records": list(records)},
    }


def _cursor(text: str) -> int | None:
    if text == "now":
        newest = ledgers.told().newest or ledgers.latest()
        return (newest.sequence + 1 << 32) - 1
    if text and not (text.isascii() and text.isdigit() and int(text) < 2**63):
        raise problems.bad_request(field="cursor", reason="cursor: invalid value")
    return int(text) if text else None


def _limit(text: str) -> int:
    if not text:
        return USUAL
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST):
        raise problems.bad_request(field="limit", reason=f"limit: must be from 1 to {MOST}")
    return int(text)


def _href(request: HttpRequest, page: Page, *, cursor: object, order: str) -> str:
    kept = {name: value for name, value in request.GET.items() if name not in _OF_A_PAGE}
    query = urlencode({**kept, "cursor": cursor, "limit": page.limit, "order": order})
    return request.build_absolute_uri(f"{request.path}?{query}")


_OF_A_PAGE = {"cursor", "limit", "order", "X-Client-Name", "X-Client-Version"}
