"""API keys: made once in clear, kept as a keyed hash, recognised in constant time."""

import hmac
import secrets
from hashlib import sha256

from django.conf import settings
from django.db.models import Q

from integrations.marketplaces.models import ApiKey, Marketplace, Scope
from ledger import clock
from ledger.fields import new_id


def create(
    marketplace: Marketplace, *, name: str, scopes: list[str] | None = None
) -> tuple[ApiKey, str]:
    """A new key and its secret in clear, which is shown this once. All scopes unless told."""
    key_id = new_id("key")
    token = f"ohk_{marketplace.mode}_{key_id.removeprefix('key_')}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        id=key_id,
        marketplace=marketplace,
        name=name,
        digest=_digest(token),
        hint=token[-4:],
        mode=marketplace.mode,
        scopes=scopes or list(Scope.values),
    )
    return key, token


def recognise(token: str) -> ApiKey | None:
    """The live key behind a bearer token, with its marketplace; None for anything else."""
    parts = token.split("_", maxsplit=3)
    if len(parts) != len(("ohk", "mode", "id", "secret")) or not token.isprintable():
        return None
    now = clock.now()
    key = (
        ApiKey.objects.select_related("marketplace")
        .filter(Q(expires_at=None) | Q(expires_at__gt=now), id=f"key_{parts[2]}", revoked_at=None)
        .first()
    )
    matches = hmac.compare_digest(key.digest if key else "", _digest(token))
    return key if key and matches and key.mode == key.marketplace.mode else None


def _digest(token: str) -> str:
    return hmac.new(settings.API_KEY_PEPPER.encode(), token.encode(), sha256).hexdigest()
