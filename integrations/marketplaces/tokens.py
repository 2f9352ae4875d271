"""Tokens: short-lived, minted from a key, never able to do more than it, and dead with it.

A token is `ohk_tok_<key>_<end>.<scopes>.<signature>`: nothing is stored, and nothing can be changed
in it without the installation's secret and the key's own digest.
"""

import hmac
import time
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import ClassVar

from django.conf import settings

from integrations.marketplaces import keys
from integrations.marketplaces.models import ApiKey, Scope

PREFIX = "ohk_tok_"
LONGEST = 3600  # seconds
_LETTERS = {scope.value[0]: scope.value for scope in Scope}


@dataclass(frozen=True, slots=True)
class Token:
    """A token in clear, which is shown this once."""

    NOUN: ClassVar[str] = "api_token"

    key: ApiKey
    token: str
    scopes: tuple[str, ...]
    expires_at: datetime

    @property
    def pk(self) -> str:
        return str(self.key.pk)


def mint(key: ApiKey, *, scopes: Sequence[str], seconds: int) -> Token:
    """A token with these of the key's scopes, for so many seconds, and never beyond the key's end.

    Whoever calls has seen to it that the key has these scopes. Raises `KeyIsDead`.
    """
    key = keys.still_alive(key)
    end = int(time.time()) + seconds
    if key.expires_at:
        end = min(end, int(key.expires_at.timestamp()))
    told = f"{key.pk.removeprefix('key_')}_{end}.{_initials(scopes)}"
    return Token(
        key=key,
        token=f"{PREFIX}{told}.{_signature(told, key)}",
        scopes=tuple(scopes),
        expires_at=datetime.fromtimestamp(end, UTC),
    )


def recognise(bearer: str, *, address: str) -> ApiKey | None:
    """The key behind a live token, narrowed to the token's scopes; None for anything else."""
    told, _, signature = bearer.removeprefix(PREFIX).rpartition(".")
    key_part, _, rest = told.partition("_")
    end, _, letters = rest.partition(".")
    if not (end.isascii() and end.isdigit() and bearer.isprintable() and len(end) < 12):
        return None
    key = keys.alive(f"key_{key_part}", address=address)
    expected = _signature(told, key) if key else ""
    if not key or not hmac.compare_digest(expected.encode(), signature.encode()):
        return None
    return _narrowed(key, letters) if int(end) > time.time() else None


def is_token(key: ApiKey) -> bool:
    """Whether the caller came with a token and not with the key itself."""
    return bool(getattr(key, "came_as_token", False))


def _narrowed(key: ApiKey, letters: str) -> ApiKey:
    """A copy: the key may be remembered, and others use it whole."""
    narrow = copy(key)
    narrow.scopes = [scope for scope in key.scopes if scope[0] in letters]
    narrow.came_as_token = True  # type: ignore[attr-defined]
    return narrow


def _initials(scopes: Iterable[str]) -> str:
    return "".join(letter for letter, scope in _LETTERS.items() if scope in scopes)


def _signature(told: str, key: ApiKey) -> str:
    secret = f"token:{settings.API_KEY_PEPPER}:{key.digest}"
    return hmac.new(secret.encode(), told.encode(), sha256).hexdigest()
