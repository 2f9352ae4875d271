"""The pace of callers: counted in process by the minute, and shared through Valkey every 100 ms.

No request asks the broker. While it is down, each process goes by what it has counted itself, so
the limit holds per process instead of for all of them together.
"""

import logging
import os
import threading
import time
from dataclasses import dataclass

import redis
from django.conf import settings

from ledger.refusals import Refused

log = logging.getLogger(__name__)

WINDOW = 60  # seconds
_SHARED_EVERY_MS = 100
_PAUSE = 2  # seconds after a broker that did not answer
_lock = threading.Lock()
_windows: dict[str, "Window"] = {}
_sharer: tuple[int, threading.Thread] | None = None


class RateLimited(Refused):
    """Too many requests in this minute."""

    code = "RATE_LIMITED"
    retry_after = 1


@dataclass(slots=True)
class Window:
    """What is known of one caller's minute."""

    number: int
    untold: int = 0  # counted here, not yet told to the others
    told: int = 0  # by all processes, ours included


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands: what the `X-RateLimit-…` headers say."""

    limit: int
    remaining: int
    reset: int  # when the next minute begins, in Unix seconds


def spend(caller: str, *, limit: int) -> Standing:
    """Count one request of this caller. Raises `RateLimited` when the minute's are used up."""
    now, reset = int(time.time()), next_minute()
    with _lock:
        window = _window(caller, now // WINDOW)
        left = limit - window.told - window.untold
        window.untold += 1 if left > 0 else 0
    _share_in_the_background()
    if left <= 0:
        refusal = RateLimited(limit=limit, window_seconds=WINDOW)
        refusal.retry_after = reset - now
        raise refusal
    return Standing(limit, left - 1, reset)


def next_minute() -> int:
    """When the present window ends, in Unix seconds."""
    return (int(time.time()) // WINDOW + 1) * WINDOW


def share(broker: "redis.Redis") -> None:
    """Tell the broker what was counted here, and learn what all have counted."""
    with _lock:
        _let_go(int(time.time()) // WINDOW)
        untold = {caller: window.untold for caller, window in _windows.items() if window.untold}
        numbers = {caller: _windows[caller].number for caller in untold}
    if not untold:
        return
    pipeline = broker.pipeline(transaction=False)
    for caller, count in untold.items():
        key = f"offerhub:pace:{numbers[caller]}:{caller}"
        pipeline.incrby(key, count)
        pipeline.expire(key, 2 * WINDOW)
    totals = pipeline.execute()[::2]
    with _lock:
        for caller, total in zip(untold, totals, strict=True):
            window = _windows.get(caller)
            if window and window.number == numbers[caller]:
                window.untold -= untold[caller]
                window.told = max(window.told, int(total))


def connect() -> "redis.Redis":
    """The broker, with little patience. Raises ValueError where it is none that counts."""
    url = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://")
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


def _window(caller: str, number: int) -> Window:
    window = _windows.get(caller)
    if window is None or window.number != number:
        window = _windows[caller] = Window(number)
    return window


def _let_go(number: int) -> None:
    for caller in [name for name, window in _windows.items() if window.number < number]:
        del _windows[caller]


def _share_in_the_background() -> None:
    """One thread per process, begun by its first request: a fork would not take it along."""
    global _sharer  # noqa: PLW0603 – per process
    if _sharer and _sharer[0] == os.getpid() and _sharer[1].is_alive():
        return
    with _lock:
        if _sharer and _sharer[0] == os.getpid() and _sharer[1].is_alive():
            return
        thread = threading.Thread(target=_keep_sharing, name="pace", daemon=True)
        _sharer = (os.getpid(), thread)
    thread.start()


def _keep_sharing() -> None:
    try:
        broker = connect()
    except ValueError:  # a broker in memory: there is nobody to share with
        threading.Event().wait()
        return
    while True:
        pause = threading.Event()
        try:
            share(broker)
            pause.wait(_SHARED_EVERY_MS / 1000)
        except (redis.RedisError, OSError) as error:
            log.warning("the broker does not answer, each process counts alone (%s)", error)
            pause.wait(_PAUSE)
