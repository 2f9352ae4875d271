"""Asking: what commands are asked for at the command line, or why it cannot be done."""

from datetime import datetime


class Unaskable(Exception):
    """There is nothing that could be done as asked."""


def moment(text: str | None) -> datetime | None:
    """The moment that was named, if one was. Raises `Unaskable`."""
    if text is None:
        return None
    try:
        named = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unaskable(f"{text!r} is no moment such as 2026-11-01T00:00:00Z") from error
    if named.tzinfo is None:
        raise Unaskable(f"{text!r} names no time zone; write it as 2026-11-01T00:00:00Z")
    return named
