"""Who calls: bearer keys, on by default for every route, and the scopes that a route asks for."""

from typing import Any

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from integrations.marketplaces import keys, pace, tokens
from integrations.marketplaces.models import ApiKey
from integrations.marketplaces.rest.requests import address


class InvalidApiKey(AuthenticationFailed):
    default_detail = "The API key is not valid, or not from this address."
    default_code = "INVALID_API_KEY"


class InsufficientScope(PermissionDenied):
    default_detail = "This needs a key with another scope."
    default_code = "INSUFFICIENT_SCOPE"


def lacking(scope: str) -> InsufficientScope:
    """The refusal of a key that lacks this scope."""
    return InsufficientScope(f"This needs a key with the scope '{scope}'.")


class BearerKey(BaseAuthentication):
    """`Authorization: Bearer ohk_…`; the tenant comes from the key and from nowhere else."""

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey] | None:
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        here = address(request._request)
        if scheme.lower() != "bearer":
            _spend(request, f"address:{here}", settings.RATE_LIMIT_PER_ADDRESS)
            return None
        key = _recognise(bearer.strip(), here)
        if key is None:
            _spend(request, f"address:{here}", settings.RATE_LIMIT_PER_ADDRESS)
            raise InvalidApiKey
        request._request.key = key  # type: ignore[attr-defined]
        _spend(request, f"key:{key.pk}", settings.RATE_LIMIT_PER_KEY)
        return key, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HasScope(BasePermission):
    """A key is needed, with the scope that the view names for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            return False
        needed = view.scope_of(request.method)
        if needed not in request.auth.scopes:
            raise lacking(needed)
        return True


def used_up(limit: int) -> pace.Standing:
    """Where a caller stands who has to wait."""
    return pace.Standing(limit, 0, pace.next_minute())


def _recognise(bearer: str, here: str) -> ApiKey | None:
    if not bearer.isascii():
        return None
    recognise = tokens.recognise if bearer.startswith(tokens.PREFIX) else keys.recognise
    return recognise(bearer, address=here)


def _spend(request: Request, caller: str, limit: int) -> None:
    """Count it; where it stands goes out with the answer, a refusal included."""
    request._request.standing = used_up(limit)  # type: ignore[attr-defined]
    request._request.standing = pace.spend(caller, limit=limit)  # type: ignore[attr-defined]
