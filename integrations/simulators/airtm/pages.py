"""Lists as Airtm pages them: newest first, `perPage` at a time, with opaque cursors."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet

from integrations.simulators.airtm.refusals import AirtmRefusal

SMALLEST, USUAL, LARGEST = 10, 100, 1000


def page(
    query: Mapping[str, str], rows: QuerySet[Any], show: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """One page of `rows`. Raises `AirtmRefusal`."""
    size = _size(query.get("perPage", str(USUAL)))
    if "before" in query:
        newer = rows.filter(number__gt=_number(query["before"])).order_by("number")[:size]
        shown = list(reversed(newer))
    else:
        if "after" in query:
            rows = rows.filter(number__lt=_number(query["after"]))
        shown = list(rows.order_by("-number")[:size])
    answer: dict[str, Any] = {"items": [show(row) for row in shown]}
    if shown:
        answer |= {"startCursor": _cursor(shown[0]), "endCursor": _cursor(shown[-1])}
    return answer


def _size(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not SMALLEST <= int(text[:6]) <= LARGEST:
        raise AirtmRefusal("415901", field="perPage")
    return int(text)


def _cursor(row: Any) -> str:
    return base64.urlsafe_b64encode(str(row.number).encode()).decode()


def _number(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor.encode())[:18])
    except (binascii.Error, ValueError):
        raise AirtmRefusal("415901", field="cursor") from None
