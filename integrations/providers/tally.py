"""The count of calls that all processes share: kept in Valkey, decided there in one step."""

import threading
import time
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import redis
from django.conf import settings

from integrations.providers.tally_script import SPEND

if TYPE_CHECKING:
    from collections.abc import Callable

    from integrations.providers.budget import Budget

T = TypeVar("T")

SECONDS_TO_ANSWER = 0.2
MISSING_FOR = 2.0  # seconds in which we do not ask again after Valkey was not there
REMEMBERED_FOR = 7 * 24 * 3600  # who has shared a client is kept in mind for a week
_PREFIX = "offerhub:budget:"
_PARTS = ("spent", "members", "waiting", "closed", "number")  # as the script wants them


def spend(budget: "Budget", *, reserve: int) -> bool | None:
    """Whether one call is granted; None if nobody can tell."""
    keys = [_key(budget, part) for part in _PARTS]
    given = [budget.limit.calls, budget.limit.seconds, reserve, budget.account, REMEMBERED_FOR]
    return _ask(lambda valkey: bool(valkey.eval(SPEND, len(keys), *keys, *given)))


def close(budget: "Budget", *, seconds: int) -> bool:
    """Grant nothing for a while; whether that was noted."""
    noted = _ask(lambda valkey: valkey.set(_key(budget, "closed"), 1, px=max(1, seconds * 1000)))
    return noted is not None


def spent(budget: "Budget") -> int | None:
    """How many calls of the last window have not come back yet; None if nobody can tell."""

    def count(valkey: Any) -> int:
        seconds, micros = valkey.time()
        oldest = seconds + micros / 1_000_000 - budget.limit.seconds
        return int(valkey.zcount(_key(budget, "spent"), f"({oldest:.6f}", "+inf"))

    return _ask(count)


def _key(budget: "Budget", part: str) -> str:
    return f"{_PREFIX}{{{budget.name}}}:{part}"  # the braces keep them on one node of a cluster


def _ask(question: "Callable[[Any], T]") -> T | None:
    valkey = _valkey(settings.PROVIDER_TALLY_URL)
    if valkey is None or time.monotonic() < _absence.until:
        return None
    try:
        return question(valkey)
    except redis.RedisError:
        _absence.until = time.monotonic() + MISSING_FOR
        return None


class _Absence(threading.local):
    """Since each thread finds out for itself, none of them waits for a lock."""

    until: float = 0.0


_absence = _Absence()


@cache
def _valkey(url: str) -> Any:
    """The broker's Valkey, under the names that redis-py has for Celery's addresses."""
    url = url.replace("redis+socket://", "unix://")
    if not url.startswith(("redis://", "rediss://", "unix://")):
        return None
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=SECONDS_TO_ANSWER,
        socket_timeout=SECONDS_TO_ANSWER,
    )
