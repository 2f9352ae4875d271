"""Users, and whose key it is."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from . import serializers, users
from .models import User
from .rest.views import Endpoint


class Users(Endpoint):
    noun = User
    key_required = False
    filters = {"status": User.Status.values, "external_id": None}

    def get(self, request: Request) -> Response:
        return self.list(request)

    def post(self, request: Request) -> Response:
        body = self.body(serializers.NewUser)
        is_new = False

        def create() -> User:
            nonlocal is_new
            user, is_new = users.create(book=self.book, by=self.actor, **body)
            return user

        return self.once(create, status=lambda _: 201 if is_new else 200)


class OneUser(Endpoint):
    noun = User

    def get(self, request: Request, user_id: str) -> Response:
        return self.show(user_id)


class Me(Endpoint):
    """Whose key this is."""

    def get(self, request: Request) -> Response:
        return Response(_key(self.key))


def _key(key: Any) -> dict[str, Any]:
    return {
        "key_id": key.id,
        "marketplace_id": key.marketplace_id,
        "marketplace": key.marketplace.name,
        "mode": key.mode,
        "scopes": key.scopes,
    }
