"""Moments in an address: RFC 3339 with an offset, so that nobody has to guess the time zone."""

import re
from datetime import UTC, datetime

from rest_framework.request import Request

from integrations.marketplaces.rest.parameters import InvalidParameter

_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII
)


def asked(request: Request, name: str) -> datetime | None:
    """The moment in a query parameter, in UTC; None if it is not there."""
    if (text := request.query_params.get(name)) is None:
        return None
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidParameter(
            "A moment looks like 2026-01-31T12:00:00.000Z; write the + of an offset as %2B.",
            parameter=name,
        ) from error


def up_to(request: Request, name: str) -> datetime | None:
    """The last instant of the millisecond in a query parameter: answers tell whole ones."""
    moment = asked(request, name)
    return moment and moment.replace(microsecond=moment.microsecond // 1000 * 1000 + 999)
