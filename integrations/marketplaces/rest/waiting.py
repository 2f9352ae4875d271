"""`Prefer: wait=N`: holds an answer after commit, without a connection, for at most N seconds."""

import re
import threading
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework.request import Request

_PREFERENCE = re.compile(r"(?:^|[\s,;])wait=(\d{1,3})\b")
_LONGEST = 30
_PAUSE = 0.1
_places = threading.BoundedSemaphore(max(settings.WEB_THREADS // 4, 1))


def preferred(request: Request) -> int:
    """The seconds that the caller is ready to wait (RFC 7240), at most 30; 0 if none."""
    found = _PREFERENCE.search(request.headers.get("Prefer", ""))
    return min(int(found[1]), _LONGEST) if found else 0


def until_ended(read: Callable[[], Any], *, seconds: int) -> Any | None:
    """Read the resource until it is no longer under way or the time is over.

    Answers None at once if a quarter of this process's threads are waiting already.
    """
    if not _places.acquire(blocking=False):
        return None
    try:
        return _poll(read, deadline=time.monotonic() + seconds)
    finally:
        _places.release()


def _poll(read: Callable[[], Any], *, deadline: float) -> Any:
    while True:
        resource = read()
        if not resource.under_way or time.monotonic() >= deadline:
            return resource
        connection.close()  # others need it more than somebody who sleeps
        time.sleep(_PAUSE)
