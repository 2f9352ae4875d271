"""Lists: newest first, behind an opaque cursor."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from ledger.refusals import Invalid

LONGEST, USUAL = 100, 20


class InvalidCursor(Invalid):
    """The cursor is not one of ours."""

    code = "INVALID_CURSOR"


class InvalidParameter(Invalid):
    """A query parameter is wrong."""


def page(
    request: Request, rows: QuerySet[Any], show: Callable[[Any], Any], *, filters: dict[str, Any]
) -> dict[str, Any]:
    """One page of `rows`, which a caller may narrow by `filters` (parameter → allowed values, or None)."""
    parameters = request.query_params
    if unknown := set(parameters) - {"limit", "cursor", *filters}:
        raise InvalidParameter(parameters=sorted(unknown))
    for name, allowed in filters.items():
        if (value := parameters.get(name)) is not None:
            if allowed is not None and value not in allowed:
                raise InvalidParameter(parameter=name, allowed=sorted(allowed))
            rows = rows.filter(**{name: value})
    if cursor := parameters.get("cursor"):
        rows = rows.filter(pk__lt=_opened(cursor))
    found = list(rows.order_by("-pk")[: (limit := _limit(parameters.get("limit"))) + 1])
    more = len(found) > limit
    return {
        "data": [show(row) for row in found[:limit]],
        "has_more": more,
        "next_cursor": _closed(found[limit - 1].pk) if more else None,
    }


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LONGEST):
        raise InvalidParameter(parameter="limit", allowed=f"1 to {LONGEST}")
    return int(text)


def _closed(pk: Any) -> str:
    return base64.urlsafe_b64encode(f"v1:{pk}".encode()).decode().rstrip("=")


def _opened(cursor: str) -> str:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise InvalidCursor from error
    version, _, pk = text.partition(":")
    if version != "v1" or not pk.replace("_", "").isalnum():
        raise InvalidCursor
    return pk
