"""A marketplace's keys: listed, made, rotated, revoked, and turned into tokens."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces import keys, serializers, tokens
from integrations.marketplaces.models import ApiKey, Scope
from integrations.marketplaces.rest.authentication import InsufficientScope
from integrations.marketplaces.rest.pagination import page
from integrations.marketplaces.rest.views import Endpoint


class KeyEndpoint(Endpoint):
    """A route about keys: for `admin`, and for keys themselves – a token would outlive itself."""

    noun = ApiKey
    scope = Scope.ADMIN
    shows = serializers.ApiKeyOut
    key_required = False
    secrets = ("secret",)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method != "GET" and tokens.is_token(self.key):
            raise InsufficientScope("This needs a key; a token makes and ends none.")

    def refuse_more(self, scopes: Collection[str], *, than: Collection[str]) -> None:
        """Raises `InsufficientScope`: nobody hands out what they do not have."""
        if more := sorted(set(scopes) - set(than)):
            raise InsufficientScope(f"This key cannot give the scopes {', '.join(more)}.")

    def shown_once(self, made: tuple[ApiKey, str]) -> ApiKey:
        key, key.secret = made  # type: ignore[attr-defined]
        return key


class ApiKeys(KeyEndpoint):
    takes = serializers.NewKey
    answers = (201,)
    filters = {"name": None}

    def get(self, request: Request) -> Response:
        """List the keys of this marketplace, the dead ones included."""
        rows = ApiKey.objects.of(self.book)
        return Response(page(request, rows, serializers.api_key, filters=self.filters))

    def post(self, request: Request) -> Response:
        """Make a key with no more scopes than this one has; its secret is shown this once."""
        body = self.body()
        self.refuse_more(body["scopes"], than=self.key.scopes)
        days = body.pop("expires_in_days")
        end = datetime.now(UTC) + timedelta(days=days) if days else None
        make = {**body, "scopes": _in_order(body["scopes"]), "expires_at": end}
        return self.once(lambda: self.shown_once(keys.create(self.marketplace, **make)))


class OneApiKey(KeyEndpoint):
    refuses = (keys.KeyIsDead,)
    goes_on = True  # a stolen key does not wait for the end of maintenance

    def get(self, request: Request, key_id: str) -> Response:
        """Show a key: whether it lives, what it may, when it was last used."""
        return self.show(key_id)

    def delete(self, request: Request, key_id: str) -> Response:
        """End a key at once, and every token that was minted from it."""
        key = self.find(key_id)
        return self.once(lambda: keys.revoke(key))


class Rotate(KeyEndpoint):
    """Make a key like this one, which lives on for a grace period."""

    takes = serializers.Rotation
    answers = (201,)
    refuses = (keys.KeyIsDead, keys.KeyIsReplaced)

    def post(self, request: Request, key_id: str) -> Response:
        body = self.body()
        key = self.find(key_id)
        self.refuse_more(key.scopes, than=self.key.scopes)
        return self.once(lambda: self.shown_once(keys.rotate(key, **body)))


class MintApiKeyToken(KeyEndpoint):
    """Mint a short-lived token from a key: for a browser, a job, a colleague."""

    shows = serializers.ApiTokenOut
    takes = serializers.NewToken
    answers = (201,)
    refuses = (keys.KeyIsDead,)
    secrets = ("token",)

    def post(self, request: Request, key_id: str) -> Response:
        body = self.body()
        key = self.find(key_id)
        both = set(key.scopes) & set(self.key.scopes)
        scopes = _in_order(body["scopes"] or both)
        self.refuse_more(scopes or key.scopes, than=both)
        return self.once(lambda: tokens.mint(key, scopes=scopes, seconds=body["ttl_seconds"]))


def _in_order(scopes: Collection[str]) -> list[str]:
    """Each once, in the order in which they are documented."""
    return [scope for scope in Scope.values if scope in scopes]
