"""Cursor paging as Horizon does it: `cursor`, `order`, `limit`, and links to the neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from integrations.simulators.stellar import ledgers, problems

MOST = 200
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which records were asked for. `cursor` is the last one that the client has seen."""

    cursor: int | None
    descending: bool
    limit: int

    def of(self, rows: "QuerySet[Row]") -> Sequence[Row]:
        """The records of this page, of rows whose ids are their paging tokens."""
        if self.cursor is not None:
            rows = rows.filter(**{"id__lt" if self.descending else "id__gt": self.cursor})
        return list(rows.order_by("-id" if self.descending else "id")[: self.limit])


def asked_for(request: HttpRequest) -> Page:
    """Raises `Problem` for values that Horizon does not take."""
    order = request.GET.get("order") or "asc"
    if order not in ("asc", "desc"):
        raise problems.bad_request(field="order", reason="order: invalid value")
    return Page(
        cursor=_cursor(request.GET.get("cursor", "")),
        descending=order == "desc",
        limit=_limit(request.GET.get("limit", "")),
    )


def body(request: HttpRequest, page: Page, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    order, opposite = ("desc", "asc") if page.descending else ("asc", "desc")
    first = records[0]["paging_token"] if records else ""
    # An empty page leads to itself, so that a client may poll its `next`.
    last = records[-1]["paging_token"] if records else page.cursor or ""
    return {
        "_links": {
            "self": {"href": request.build_absolute_uri()},
            "next": {"href": _href(request, page, cursor=last, order=order)},
            "prev": {"href": _href(request, page, cursor=first or last, order=opposite)},
        },
        "_embedded": {"records": list(records)},
    }


def _cursor(text: str) -> int | None:
    if text == "now":
        return (ledgers.latest().sequence + 1 << 32) - 1
    if text and not (text.isascii() and text.isdigit() and int(text) < 2**63):
        raise problems.bad_request(field="cursor", reason="cursor: invalid value")
    return int(text) if text else None


def _limit(text: str) -> int:
    if not text:
        return 10
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST):
        raise problems.bad_request(field="limit", reason=f"limit: must be from 1 to {MOST}")
    return int(text)


def _href(request: HttpRequest, page: Page, *, cursor: object, order: str) -> str:
    kept = {"join": request.GET["join"]} if "join" in request.GET else {}
    query = urlencode({**kept, "cursor": cursor, "limit": page.limit, "order": order})
    return request.build_absolute_uri(f"{request.path}?{query}")
