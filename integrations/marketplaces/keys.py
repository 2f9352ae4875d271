"""API keys: made once in clear, kept as a keyed hash, recognised in constant time.

A key is `ohk_<mode>_<id>_<secret>`. Whoever recognises it remembers it for `API_KEY_SECONDS`, so
that is how long a revocation takes to reach the other processes. `tokens` are minted from keys.
"""

import hmac
import secrets
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db.models import Q

from integrations.marketplaces.models import ApiKey, Marketplace, Scope
from ledger.fields import new_id
from ledger.refusals import Conflict

_NOTED_EVERY = 60  # seconds between two notes of a key's last use, per process
_known: dict[str, tuple[ApiKey, float]] = {}  # id → the key, and until when it is believed
_noted: dict[str, float] = {}
_lock = threading.Lock()


class KeyIsDead(Conflict):
    """This key is revoked or expired already."""


class KeyIsReplaced(Conflict):
    """This key has a successor already: rotate that one."""


def create(
    marketplace: Marketplace,
    *,
    name: str,
    scopes: Sequence[str] | None = None,
    networks: Sequence[str] = (),
    expires_at: datetime | None = None,
    replaces: ApiKey | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its secret in clear, which is shown this once. All scopes unless told."""
    key_id = new_id("key")
    secret = f"ohk_{marketplace.mode}_{key_id.removeprefix('key_')}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        id=key_id,
        marketplace=marketplace,
        name=name,
        digest=_digest(secret),
        hint=secret[-4:],
        mode=marketplace.mode,
        scopes=list(scopes or Scope.values),
        networks=list(networks),
        expires_at=expires_at,
        replaces=replaces,
    )
    return key, secret


def rotate(key: ApiKey, *, grace_seconds: int) -> tuple[ApiKey, str]:
    """A key like this one; the old one lives on for the grace period.

    Raises `KeyIsDead` and `KeyIsReplaced`.
    """
    old = still_alive(key)
    if successor := ApiKey.objects.filter(replaces=old).first():
        raise KeyIsReplaced(replaced_by=successor.pk)
    fresh, secret = create(
        old.marketplace,
        name=old.name,
        scopes=old.scopes,
        networks=old.networks,
        expires_at=old.expires_at,
        replaces=old,
    )
    end = _now() + timedelta(seconds=grace_seconds)
    ApiKey.objects.filter(pk=old.pk).update(expires_at=min(end, old.expires_at or end))
    _forget(old)
    return fresh, secret


def revoke(key: ApiKey) -> ApiKey:
    """End a key, and every token that was minted from it. Raises `KeyIsDead`."""
    key = still_alive(key)
    key.revoked_at = _now()
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=key.revoked_at)
    _forget(key)
    return key


def recognise(bearer: str, *, address: str = "") -> ApiKey | None:
    """The live key behind `ohk_live_…` or `ohk_test_…`, with its marketplace; None otherwise."""
    parts = bearer.split("_", maxsplit=3)
    if len(parts) != len(("ohk", "mode", "id", "secret")) or not bearer.isprintable():
        return None
    key = alive(f"key_{parts[2]}", address=address)
    matches = hmac.compare_digest(key.digest if key else "", _digest(bearer))
    return key if key and matches else None


def alive(key_id: str, *, address: str) -> ApiKey | None:
    """The key with this id if it may be used now, from this address; its last use is noted."""
    key = _remembered(key_id)
    if key is None or key.mode != key.marketplace.mode or not _is_from(address, key.networks):
        return None
    if key.expires_at and key.expires_at <= _now():
        return None
    _note_use(key)
    return key


def still_alive(key: ApiKey) -> ApiKey:
    """The key, locked, if it is neither revoked nor expired. Raises `KeyIsDead`."""
    rows = ApiKey.objects.select_related("marketplace").select_for_update(of=("self",))
    row: ApiKey = rows.get(pk=key.pk)
    if row.revoked_at or (row.expires_at and row.expires_at <= _now()):
        raise KeyIsDead(revoked_at=row.revoked_at, expires_at=row.expires_at)
    return row


def _remembered(key_id: str) -> ApiKey | None:
    known, until = _known.get(key_id, (None, 0))
    if known and time.monotonic() < until:
        return known
    rows = ApiKey.objects.select_related("marketplace")
    key: ApiKey | None = rows.filter(pk=key_id, revoked_at=None).first()
    with _lock:
        if len(_known) > settings.API_KEYS_REMEMBERED:
            _known.clear()
        if key:
            _known[key_id] = (key, time.monotonic() + settings.API_KEY_SECONDS)
        else:
            _known.pop(key_id, None)
    return key


def _forget(key: ApiKey) -> None:
    with _lock:
        _known.pop(key.pk, None)


def _note_use(key: ApiKey) -> None:
    """Once a minute, since a write per request would cost more than it tells."""
    if time.monotonic() < _noted.get(key.pk, 0):
        return
    if len(_noted) > settings.API_KEYS_REMEMBERED:
        _noted.clear()
    _noted[key.pk] = time.monotonic() + _NOTED_EVERY
    ago = _now() - timedelta(seconds=_NOTED_EVERY)
    rows = ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=ago), pk=key.pk)
    rows.update(last_used_at=_now())


def _is_from(address: str, networks: Sequence[str]) -> bool:
    if not networks:
        return True
    try:
        here = ip_address(address)
    except ValueError:
        return False
    return any(here in ip_network(network) for network in networks)


def _now() -> datetime:
    """Real time: a sandbox that advances its clock must not outlive its own keys."""
    return datetime.now(UTC)


def _digest(token: str) -> str:
    return hmac.new(settings.API_KEY_PEPPER.encode(), token.encode(), sha256).hexdigest()
