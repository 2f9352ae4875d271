"""Disputes over REST: listed, talked about, withdrawn and decided."""

from typing import Any

from django.db.models import F
from rest_framework.request import Request
from rest_framework.response import Response

from escrow import disputes, serializers
from escrow.models import Comment, Dispute, Evidence
from integrations.marketplaces import users
from integrations.marketplaces.models import Scope
from integrations.marketplaces.rest.authentication import lacking
from integrations.marketplaces.rest.pagination import page
from integrations.marketplaces.rest.views import Endpoint
from ledger.refusals import NotReady


class Disputes(Endpoint):
    """List disputes."""

    noun = Dispute
    shows = serializers.DisputeOut
    filters = {
        "status": Dispute.Status.values,
        "order_id": None,
        "buyer_id": None,
        "seller_id": None,
        "assignee": None,
    }

    def rows(self) -> Any:
        parties = {name: F(f"order__{name}") for name in ("buyer_id", "seller_id")}
        return super().rows().annotate(**parties)

    def get(self, request: Request) -> Response:
        return self.list(request)


class OneDispute(Endpoint):
    """Show a dispute with its evidence."""

    noun = Dispute
    shows = serializers.DisputeOut

    def get(self, request: Request, dispute_id: str) -> Response:
        return self.show(dispute_id)


class Assign(Endpoint):
    """Say who looks into a dispute."""

    scope = Scope.SUPPORT
    noun = Dispute
    takes = serializers.Assignment
    shows = serializers.DisputeOut
    refuses = (NotReady,)

    def post(self, request: Request, dispute_id: str) -> Response:
        body = self.body()
        dispute = self.find(dispute_id)
        return self.once(lambda: disputes.assign(dispute, by=self.actor, **body))


class Comments(Endpoint):
    noun = Dispute
    makes = Comment
    takes = serializers.NewComment
    shows = serializers.CommentOut
    answers = (201,)
    filters = {"visibility": Comment.Visibility.values}

    def get(self, request: Request, dispute_id: str) -> Response:
        """List comments; those among the deciders are for the scope `support`."""
        rows = Comment.objects.of(self.book).filter(dispute=self.find(dispute_id))
        if Scope.SUPPORT not in self.key.scopes:
            rows = rows.filter(visibility=Comment.Visibility.SHARED)
        return Response(page(request, rows, serializers.comment, filters=self.filters))

    def post(self, request: Request, dispute_id: str) -> Response:
        """Say something, to everybody or among those who decide."""
        body = self.body()
        is_internal = body["visibility"] == Comment.Visibility.INTERNAL
        if is_internal and Scope.SUPPORT not in self.key.scopes:
            raise lacking(Scope.SUPPORT)
        dispute = self.find(dispute_id)
        return self.once(lambda: disputes.comment(dispute, by=self.actor, **body))


class AddEvidence(Endpoint):
    """Point to something that speaks for a side."""

    noun = Dispute
    makes = Evidence
    takes = serializers.NewEvidence
    shows = serializers.EvidenceOut
    answers = (201,)
    refuses = (NotReady,)

    def post(self, request: Request, dispute_id: str) -> Response:
        body = self.body()
        dispute = self.find(dispute_id)
        return self.once(lambda: disputes.add_evidence(dispute, by=self.actor, **body))


class Withdraw(Endpoint):
    """Give the matter back to the parties."""

    noun = Dispute
    shows = serializers.DisputeOut
    refuses = (NotReady, users.SubjectFrozen)

    def post(self, request: Request, dispute_id: str) -> Response:
        self.body()
        dispute = self.find(dispute_id)
        return self.once(lambda: disputes.withdraw(dispute, by=self.actor))


class Resolve(Endpoint):
    """Decide a dispute; this cannot be taken back."""

    scope = Scope.SUPPORT
    noun = Dispute
    takes = serializers.Resolution
    rehearses = "dispute.resolve"
    shows = serializers.DisputeOut
    answers = (202,)
    refuses = (NotReady, disputes.DoesNotAddUp, users.SubjectFrozen)

    def post(self, request: Request, dispute_id: str) -> Response:
        body = self.body()
        dispute = self.find(dispute_id)
        return self.once(lambda: disputes.resolve(dispute, by=self.actor, **body))
