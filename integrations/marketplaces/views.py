"""Users, whose key it is, and who did what."""

from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces import audit, serializers, users
from integrations.marketplaces.models import AuditEntry, Scope, User
from integrations.marketplaces.rest.pagination import page
from integrations.marketplaces.rest.views import Endpoint
from ledger.refusals import NotReady


class Users(Endpoint):
    noun = User
    takes = serializers.NewUser
    shows = serializers.UserOut
    answers = (201, 200)
    key_required = False
    filters = {"status": User.Status.values, "type": User.Type.values, "external_id": None}

    def get(self, request: Request) -> Response:
        """List users."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Make a user, or show the one who has this `external_id` already (200)."""
        body, is_new = self.body(), False

        def create() -> User:
            nonlocal is_new
            user, is_new = users.create(book=self.book, by=self.actor, **body)
            self._found |= {} if is_new else {user.id: audit.columns(user)}
            return user

        return self.once(create, status=lambda _: 201 if is_new else 200)


class OneUser(Endpoint):
    noun = User
    takes = serializers.UserChange
    shows = serializers.UserOut

    def get(self, request: Request, user_id: str) -> Response:
        """Show a user."""
        return self.show(user_id)

    def patch(self, request: Request, user_id: str) -> Response:
        """Write down what is new about a user; what is left out stays."""
        body = self.body()
        user = self.find(user_id)
        return self.once(lambda: users.update(user, by=self.actor, **body))


class Suspend(Endpoint):
    """Keep a user's money from moving."""

    noun = User
    scope = Scope.SUPPORT
    takes = serializers.Why
    shows = serializers.UserOut
    refuses = (NotReady,)
    key_required = False

    def post(self, request: Request, user_id: str) -> Response:
        body = self.body()
        user = self.find(user_id)
        return self.once(lambda: users.suspend(user, by=self.actor, **body))


class Reactivate(Endpoint):
    """Let a suspended user's money move again."""

    noun = User
    scope = Scope.SUPPORT
    takes = serializers.Why
    shows = serializers.UserOut
    refuses = (NotReady,)
    key_required = False

    def post(self, request: Request, user_id: str) -> Response:
        body = self.body()
        user = self.find(user_id)
        return self.once(lambda: users.reactivate(user, by=self.actor, **body))


class Me(Endpoint):
    """Show whose key this is."""

    shows = serializers.KeyOut

    def get(self, request: Request) -> Response:
        return Response(serializers.KeyOut(self.key).data)


class AuditLogs(Endpoint):
    """List who did what, from where, and what it changed."""

    noun = AuditEntry
    scope = Scope.SUPPORT
    shows = serializers.AuditEntryOut
    filters = {"actor": None, "act": None, "subject": None, "request_id": None}

    def get(self, request: Request) -> Response:
        rows = AuditEntry.objects.of(self.book)
        return Response(page(request, rows, serializers.audit_entry, filters=self.filters))
