"""Lists: newest first, behind an opaque cursor."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from integrations.marketplaces.rest import moments
from integrations.marketplaces.rest.parameters import (
    InvalidParameter,
    require_id,
    require_one_of,
    shape_of,
    wrong,
)
from ledger.fields import PublicId
from ledger.refusals import Invalid

__all__ = ["InvalidCursor", "InvalidParameter", "listed", "page"]

LONGEST, USUAL = 100, 20
PERIOD = ("created_after", "created_before")  # from the one moment on, and before the other
_DATED_BY = ("created_at", "recorded_at", "opened_at", "happened_at", "occurred_at", "started_at")


class InvalidCursor(Invalid):
    """The cursor is not one of ours."""

    code = "INVALID_CURSOR"


def page(
    request: Request, rows: QuerySet[Any], show: Callable[[Any], Any], *, filters: dict[str, Any]
) -> dict[str, Any]:
    """One page of `rows`; a caller may narrow it by `filters` (name → allowed values, or None)."""
    parameters = request.query_params
    for name, allowed in filters.items():
        if (value := parameters.get(name)) is not None:
            require_id(name, value)
            if allowed is not None:
                require_one_of(name, value, allowed)
            rows = rows.filter(**{name: value})
    rows = _within(request, rows)
    if below := opened(request, shape=_shape(rows.model._meta.pk)):
        rows = rows.filter(pk__lt=below)
    limit = limit_of(request)
    found = list(rows.order_by("-pk")[: limit + 1])
    return listed(found, limit=limit, show=show, place=lambda row: row.pk)


def listed(
    found: list[Any], *, limit: int, show: Callable[[Any], Any], place: Callable[[Any], Any]
) -> dict[str, Any]:
    """The shape of every list; one row more than `limit` was read to know whether there are more.

    The cursor is sealed around the `place` of the last row.
    """
    more = len(found) > limit
    return {
        "data": [show(row) for row in found[:limit]],
        "has_more": more,
        "next_cursor": _closed(place(found[limit - 1])) if more else None,
    }


def is_dated(model: Any) -> bool:
    """Whether a list of this noun can be narrowed to a period."""
    return _dated_by(model) is not None


def refuse_parameters(request: Request, *, filters: dict[str, Any], asks: set[str]) -> None:
    """Raise `InvalidParameter` for a query parameter that this route has not, that holds a NUL, or
    that is said twice.

    A GET has what a list is narrowed by; `asks` is what else may be said with this method.
    """
    is_list = bool(filters) and request.method in {"GET", "HEAD"}
    known = asks | ({"limit", "cursor", *filters} if is_list else set())
    given = request.query_params
    if unknown := set(given) - known:
        raise wrong("There is no such parameter here", unknown, instead=known)
    if repeated := {name for name in given if len(given.getlist(name)) > 1}:
        raise wrong("A parameter stands once", repeated)
    if unsearchable := {name for name in given if "\0" in given[name]}:
        raise wrong("A parameter holds no NUL", unsearchable)


def limit_of(request: Request) -> int:
    """How many rows a page is to have."""
    if (text := request.query_params.get("limit")) is None:
        return USUAL
    if not (re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= LONGEST):
        allowed = f"1 to {LONGEST}"
        raise InvalidParameter(f"limit must be {allowed}.", parameter="limit", allowed=allowed)
    return int(text)


def opened(request: Request, *, shape: str) -> str | None:
    """What a cursor that we closed around something of this shape, and nothing else, holds."""
    if (cursor := request.query_params.get("cursor")) is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise InvalidCursor from error
    place = text.removeprefix("v1:")
    if _closed(place) != cursor or not re.fullmatch(shape, place):
        raise InvalidCursor
    return place


def _within(request: Request, rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows of the period that the address names."""
    since, before = (moments.asked(request, name) for name in PERIOD)
    column = _dated_by(rows.model)
    rows = rows.filter(**{f"{column}__gte": since}) if since else rows
    return rows.filter(**{f"{column}__lt": before}) if before else rows


def _dated_by(model: Any) -> str | None:
    names = {field.name for field in model._meta.fields}
    return next((name for name in _DATED_BY if name in names), None)


def _closed(place: Any) -> str:
    return base64.urlsafe_b64encode(f"v1:{place}".encode()).decode().rstrip("=")


def _shape(key: Any) -> str:
    return shape_of(key.prefix) if isinstance(key, PublicId) else "[0-9]{1,18}"
