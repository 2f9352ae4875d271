"""Identifiers and amounts as columns."""

import secrets
import threading
import time
from datetime import datetime
from typing import Any

from django.db import models

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32, as in the ULID specification
_lock = threading.Lock()
_last = 0


def new_id(prefix: str) -> str:
    """A public identifier: `prefix_`, then 48 bits of milliseconds ahead of 80 random ones.

    Ids made by one process grow, so that the events of one transaction keep their order.
    """
    global _last  # noqa: PLW0603 – the counter that makes them grow
    with _lock:
        fresh = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
        _last = max(_last + 1, fresh)
        number = _last
    return f"{prefix}_{_spelled(number)}"


def _spelled(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -5, -5))


def earliest_id(prefix: str, at: datetime) -> str:
    """Not above any id with this prefix that is made at this moment or after it."""
    return f"{prefix}_{_spelled(int(at.timestamp() * 1000) << 80)}"


class _Id(models.CharField):  # type: ignore[type-arg]
    """An id as text. To what it knows as `varchar` Django adds a second index for LIKE, which would
    cost a quarter of all the indexes to be written, and ids are only ever asked for whole."""

    def db_type(self, connection: Any) -> str:
        return f"character varying({self.max_length})"


class PublicId(_Id):
    """A primary key made by `new_id(prefix)`, so that it is known before the row exists."""

    def __init__(self, prefix: str = "", **options: Any) -> None:
        self.prefix = prefix
        options.update(max_length=40, primary_key=True, editable=False)
        super().__init__(**options)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for derived in ("max_length", "primary_key", "editable"):
            kwargs.pop(derived, None)
        return name, path, args, {**kwargs, "prefix": self.prefix}

    def get_default(self) -> str:
        return new_id(self.prefix)

    def has_default(self) -> bool:
        return True


class Reference(_Id):
    """Another row's public id as text, where a foreign key would point against the imports."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 120)
        options.setdefault("blank", True)
        options.setdefault("default", "")
        super().__init__(**options)


def index_of_frozen(name: str) -> models.Index:
    """An index of the few rows that are frozen, which the desk counts."""
    frozen = models.Q(frozen_at__isnull=False)
    return models.Index(fields=["frozen_at"], condition=frozen, name=name)


class Amount(models.BigIntegerField):  # type: ignore[type-arg]
    """Whole stroops: 10 000 000 are one dollar."""
