"""The acts on an order or a milestone that concern its escrow."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from escrow import disputes, escrows, serializers, settlements
from escrow.models import Dispute
from integrations.marketplaces import users
from integrations.marketplaces.models import Scope
from integrations.marketplaces.rest.authentication import lacking
from integrations.marketplaces.rest.views import Endpoint, missing
from ledger.refusals import InsufficientFunds, NotReady, Refused
from payments import deliveries
from payments.models import Milestone, Order, Party
from payments.orders import NotYoursToDecide
from payments.serializers import Delivery, MilestoneOut, OrderOut


class Act(Endpoint):
    """Something that is asked for by one of the parties, or by the platform."""

    noun: ClassVar[Any] = Order
    shows: ClassVar[Any] = OrderOut
    answers: ClassVar[tuple[int, ...]] = (202,)
    refuses: ClassVar[tuple[type[Refused], ...]] = (NotReady, NotYoursToDecide, *users.REFUSALS)

    def asked(self) -> dict[str, Any]:
        """The body; who asks as the platform needs the scope `support`."""
        body = self.body()
        if body["requested_by"] == Party.PLATFORM and Scope.SUPPORT not in self.key.scopes:
            raise lacking(Scope.SUPPORT)
        return body

    def milestone(self, order_id: str, ref: str) -> Milestone:
        """One of the order's own, or a 404."""
        order = self.find(order_id, Order)
        found: Milestone | None = order.milestones.filter(ref=ref).first()
        if found is None:
            raise missing(Milestone)
        return found


class Checkout(Act):
    """Reserve the buyer's money, open the escrow and fund it, as one act."""

    refuses = (NotReady, InsufficientFunds, *users.REFUSALS)
    rehearses = "order.checkout"

    def post(self, request: Request, order_id: str) -> Response:
        self.body()
        order = self.find(order_id)
        return self.once(lambda: escrows.checkout(order, by=self.actor))


class CreateEscrow(Act):
    """Deploy the contract of a reserved order."""

    refuses = (NotReady, escrows.AlreadyExists, *users.REFUSALS)

    def post(self, request: Request, order_id: str) -> Response:
        self.body()
        order = self.find(order_id)
        return self.once(lambda: escrows.create(order, by=self.actor))


class FundEscrow(Act):
    """Move the reserved money into the contract; also again, after a refusal."""

    refuses = (NotReady, *users.REFUSALS)
    rehearses = "order.fund"

    def post(self, request: Request, order_id: str) -> Response:
        self.body()
        order = self.find(order_id)
        return self.once(lambda: escrows.fund(order, by=self.actor))


class Release(Act):
    """Pay the seller: asked for by the buyer, or with the scope `support` by the platform."""

    takes = serializers.Release
    rehearses = "order.release"

    def post(self, request: Request, order_id: str) -> Response:
        body = self.asked()
        order = self.find(order_id)
        return self.once(lambda: settlements.release(order, by=self.actor, **body))


class Refund(Act):
    """Pay the buyer back: asked for by the seller, or with the scope `support` by the platform."""

    takes = serializers.Refund
    rehearses = "order.refund"

    def post(self, request: Request, order_id: str) -> Response:
        body = self.asked()
        order = self.find(order_id)
        return self.once(lambda: settlements.refund(order, by=self.actor, **body))


class OpenDispute(Act):
    """Open a dispute about an order, and freeze its money on the contract."""

    noun = Dispute
    finds: ClassVar[tuple[Any, ...]] = (Order,)
    takes = serializers.NewDispute
    shows = serializers.DisputeOut
    answers = (201, 202)
    refuses = (NotReady, disputes.AlreadyOpen, *users.REFUSALS)

    def post(self, request: Request, order_id: str) -> Response:
        body = self.body()
        order = self.find(order_id, Order)
        return self.once(lambda: disputes.open_about(order, by=self.actor, **body))


class MilestoneAct(Act):
    """Something that is asked for about one milestone."""

    noun = Milestone
    finds = (Order,)
    shows = MilestoneOut


class DeliverMilestone(MilestoneAct):
    """Note that the seller says a milestone is done."""

    takes = Delivery
    answers = (200,)
    refuses = (NotReady, *users.REFUSALS)

    def post(self, request: Request, order_id: str, ref: str) -> Response:
        body = self.body()
        piece = self.milestone(order_id, ref)
        return self.once(lambda: deliveries.deliver_milestone(piece, by=self.actor, **body))


class ReleaseMilestone(MilestoneAct):
    """Pay the seller one milestone, while the others go on."""

    takes = serializers.Release
    rehearses = "milestone.release"

    def post(self, request: Request, order_id: str, ref: str) -> Response:
        body = self.asked()
        piece = self.milestone(order_id, ref)
        return self.once(lambda: settlements.release(piece, by=self.actor, **body))


class RefundMilestone(MilestoneAct):
    """Pay the buyer one milestone back, while the others go on."""

    takes = serializers.Refund
    rehearses = "milestone.refund"

    def post(self, request: Request, order_id: str, ref: str) -> Response:
        body = self.asked()
        piece = self.milestone(order_id, ref)
        return self.once(lambda: settlements.refund(piece, by=self.actor, **body))


class DisputeMilestone(OpenDispute):
    """Open a dispute about one milestone, while the others go on."""

    finds = (Order, Milestone)

    def post(self, request: Request, order_id: str, ref: str) -> Response:  # type: ignore[override]
        body = self.body()
        piece = self.milestone(order_id, ref)
        return self.once(lambda: disputes.open_about(piece, by=self.actor, **body))
