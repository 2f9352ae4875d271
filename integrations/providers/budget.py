"""Budgets: how often we call each provider, counted over all processes and fair to each account.

A provider counts calls per client – a key, or the host that all our keys call from – and so do we:
what was spent comes back one window later, so that no window ever sees more than the limit. Who
shares a client is promised a part of it, reads leave a reserve to settlements, and whoever asks in
vain is told at once: it never waits in a worker's thread. The count is kept in Valkey; without it,
each process keeps to its own share.
"""

import hashlib
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from integrations.providers import tally
from integrations.providers.models import Call

RESERVE = 5  # the fifth part that reads leave to settlements
AUDIT_RESERVE = 2  # the half that comparisons leave to everybody else


class Urgency(StrEnum):
    SETTLEMENT = "settlement"  # money or a contract waits for it
    READ = "read"  # it can be asked for again
    AUDIT = "audit"  # nobody waits for it: a comparison, which goes on in the next run


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    calls: int
    seconds: int


# Their published limits.
LIMITS: Mapping[str, Limit] = {
    "trustlesswork": Limit(calls=50, seconds=60),
    "airtm": Limit(calls=10, seconds=1),
}


class UsedUp(Exception):
    """Nothing was asked: the limit is reached for now, or what is left is kept for others."""


HELD_BACK = "held back by the budget"
HELD_BACK_AGAIN = timedelta(minutes=1)  # how often a call that is held back leaves a row


def waiting(trails: Sequence[str]) -> set[str]:
    """Of these operations, those that were lately refused a call because of a limit."""
    lately = timezone.now() - HELD_BACK_AGAIN
    rows = Call.objects.filter(trail__in=trails, failure__startswith=HELD_BACK)
    return set(rows.filter(happened_at__gt=lately).values_list("trail", flat=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How much of a limit is left; `shared` is false where each process counts for itself."""

    calls_left: int
    limit: int
    seconds: int
    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """One account's claim on what a provider lets one client do."""

    name: str  # of the client at the provider; says nothing of the key
    limit: Limit
    account: str

    def take(self, urgency: Urgency) -> None:
        """Spend one call. Raises `UsedUp`, at once."""
        if not settings.PROVIDER_BUDGETS:
            return
        part = _LEAVES.get(urgency)
        reserve = self.limit.calls // part if part else 0
        granted = tally.spend(self, reserve=reserve)
        if granted is None:
            granted = _alone.spend(self, reserve=reserve)
        if not granted:
            raise UsedUp(f"{HELD_BACK}: {self.limit.calls} per {self.limit.seconds} s")

    def rest(self, seconds: int) -> None:
        """The provider says that it has had enough: spend nothing for a while, whoever counts."""
        if settings.PROVIDER_BUDGETS and not tally.close(self, seconds=seconds):
            _alone.close(self, seconds=seconds)

    @property
    def level(self) -> Level:
        spent = tally.spent(self)
        shared = spent is not None
        calls = self.limit.calls if shared else _share(self.limit)
        spent = _alone.spent(self) if spent is None else spent
        return Level(
            calls_left=max(0, calls - spent),
            limit=calls,
            seconds=self.limit.seconds,
            shared=shared,
        )


def of(provider: str, *, base_url: str, key: str, account: str) -> Budget | None:
    """The budget of an account that calls with `key`; None for a provider without a limit."""
    limit = LIMITS.get(provider)
    if limit is None:
        return None
    client = key if settings.PROVIDER_LIMITS_PER == "key" else urlsplit(base_url).netloc
    digest = hashlib.sha256(f"{provider} {client}".encode()).hexdigest()
    return Budget(name=f"{provider}:{digest[:16]}", limit=limit, account=account)


# Which part of a limit is left to those who are more urgent.
_LEAVES = {Urgency.READ: RESERVE, Urgency.AUDIT: AUDIT_RESERVE}


def _share(limit: Limit) -> int:
    return max(1, limit.calls // int(settings.PROVIDER_PROCESSES))


class _Alone:
    """This process's own count, for when nobody counts for all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spent: defaultdict[str, list[float]] = defaultdict(list)
        self._closed_until: defaultdict[str, float] = defaultdict(float)

    def spend(self, budget: Budget, *, reserve: int) -> bool:
        with self._lock:
            now, share = time.monotonic(), _share(budget.limit)
            recent = self._recent(budget, now)
            kept = min(reserve, share - 1)
            if now < self._closed_until[budget.name] or len(recent) + kept >= share:
                return False
            recent.append(now)
            return True

    def close(self, budget: Budget, *, seconds: int) -> None:
        with self._lock:
            self._closed_until[budget.name] = time.monotonic() + seconds

    def spent(self, budget: Budget) -> int:
        with self._lock:
            return len(self._recent(budget, time.monotonic()))

    def _recent(self, budget: Budget, now: float) -> list[float]:
        """What has not come back yet."""
        oldest = now - budget.limit.seconds
        recent = [moment for moment in self._spent[budget.name] if moment > oldest]
        self._spent[budget.name] = recent
        return recent


_alone = _Alone()
