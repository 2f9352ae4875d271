"""Users, and whose key it is."""

from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces import serializers, users
from integrations.marketplaces.models import User
from integrations.marketplaces.rest.views import Endpoint


class Users(Endpoint):
    noun = User
    takes = serializers.NewUser
    shows = serializers.UserOut
    answers = (201, 200)
    key_required = False
    filters = {"status": User.Status.values, "external_id": None}

    def get(self, request: Request) -> Response:
        """List users."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Make a user, or show the one who has this `external_id` already (200)."""
        body = self.body()
        is_new = False

        def create() -> User:
            nonlocal is_new
            user, is_new = users.create(book=self.book, by=self.actor, **body)
            return user

        return self.once(create, status=lambda _: 201 if is_new else 200)


class OneUser(Endpoint):
    """Show a user."""

    noun = User
    shows = serializers.UserOut

    def get(self, request: Request, user_id: str) -> Response:
        return self.show(user_id)


class Me(Endpoint):
    """Show whose key this is."""

    shows = serializers.KeyOut

    def get(self, request: Request) -> Response:
        return Response(serializers.KeyOut(self.key).data)
