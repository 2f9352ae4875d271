"""Who calls: bearer keys, on by default for every route, and the scopes that a route asks for."""

from typing import Any

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from integrations.marketplaces import keys
from integrations.marketplaces.models import ApiKey


class InvalidApiKey(AuthenticationFailed):
    default_detail = "The API key is not valid."
    default_code = "INVALID_API_KEY"


class InsufficientScope(PermissionDenied):
    default_detail = "This needs a key with another scope."
    default_code = "INSUFFICIENT_SCOPE"


class BearerKey(BaseAuthentication):
    """`Authorization: Bearer ohk_…`; the tenant comes from the key and from nowhere else."""

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey] | None:
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        key = keys.recognise(token.decode("ascii", errors="replace").strip())
        if key is None:
            raise InvalidApiKey
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
            raise InsufficientScope(f"This needs a key with the scope '{needed}'.")
        return True
