"""How long to wait before asking again about something that depends on a person."""

from datetime import datetime, timedelta

SHARE = 10  # of its age: what has waited for ten hours can wait for another one
LONGEST = timedelta(hours=1)


def growing(*, since: datetime, now: datetime, least: timedelta) -> timedelta:
    """A pause that grows with the age, so that what lies around for days costs next to nothing."""
    return min(max((now - since) / SHARE, least), LONGEST)
