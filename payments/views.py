"""Top-ups, orders and Airtm links over REST."""

from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces import limits, users
from integrations.marketplaces.models import User
from integrations.marketplaces.rest.pagination import page
from integrations.marketplaces.rest.views import Endpoint, missing
from integrations.providers.links import NotLinked
from integrations.providers.models import AirtmLink
from ledger.models import Event
from ledger.refusals import InsufficientFunds, NotReady
from payments import deliveries, linking, orders, returning, serializers, topups
from payments.models import Order, TopUp


class TopUps(Endpoint):
    noun = TopUp
    takes = serializers.NewTopUp
    shows = serializers.TopUpOut
    answers = (202,)
    refuses = (
        NotLinked, topups.NotEligible, limits.LimitExceeded, returning.AddressRefused,
        *users.REFUSALS,
    )  # fmt: skip
    finds = (User,)
    rehearses = "topup.create"
    filters = {"status": TopUp.Status.values, "user_id": None}

    def get(self, request: Request) -> Response:
        """List top-ups."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Ask Airtm for a payment; the payer goes to `confirmation_url` once it is known."""
        body = self.body()
        user = self.find(body.pop("user_id"), User)
        return self.once(lambda: topups.create(user, by=self.actor, **body))


class OneTopUp(Endpoint):
    """Show a top-up."""

    noun = TopUp
    shows = serializers.TopUpOut

    def get(self, request: Request, topup_id: str) -> Response:
        return self.show(topup_id)


class CancelTopUp(Endpoint):
    """Give a top-up up; a payment that was faster is credited all the same."""

    noun = TopUp
    shows = serializers.TopUpOut
    answers = (200, 202)
    refuses = (NotReady, *users.REFUSALS)

    def post(self, request: Request, topup_id: str) -> Response:
        self.body()
        topup = self.find(topup_id)
        return self.once(lambda: topups.cancel(topup, by=self.actor))


class RefreshTopUp(Endpoint):
    """Have Airtm asked at once how a top-up stands."""

    noun = TopUp
    shows = serializers.TopUpOut
    answers = (202,)
    key_required = False

    def post(self, request: Request, topup_id: str) -> Response:
        self.body()
        topup = self.find(topup_id)
        return self.once(lambda: topups.refresh(topup))


class Orders(Endpoint):
    noun = Order
    takes = serializers.NewOrder
    shows = serializers.OrderOut
    answers = (201,)
    refuses = (
        orders.SameBuyerAndSeller, orders.WrongUserType, orders.RefTaken, orders.DoNotAddUp,
    )  # fmt: skip
    finds = (User,)
    filters = {
        "status": Order.Status.values,
        "buyer_id": None,
        "seller_id": None,
        "client_order_ref": None,
    }

    def get(self, request: Request) -> Response:
        """List orders."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Write down what a buyer and a seller have agreed; no money moves."""
        body = self.body()
        buyer, seller = self.find_all([body.pop("buyer_id"), body.pop("seller_id")], User)
        return self.once(
            lambda: orders.create(
                self.marketplace, buyer=buyer, seller=seller, by=self.actor, **body
            )
        )


class OneOrder(Endpoint):
    """Show an order with its escrow."""

    noun = Order
    shows = serializers.OrderOut

    def get(self, request: Request, order_id: str) -> Response:
        return self.show(order_id)


class Reserve(Endpoint):
    """Set the buyer's money aside for an order."""

    noun = Order
    shows = serializers.OrderOut
    refuses = (NotReady, InsufficientFunds, *users.REFUSALS)
    rehearses = "order.reserve"

    def post(self, request: Request, order_id: str) -> Response:
        self.body()
        order = self.find(order_id)
        return self.once(lambda: orders.reserve(order, by=self.actor))


class Pay(Endpoint):
    """Pay the seller of an INSTANT order at once, without a contract."""

    noun = Order
    shows = serializers.OrderOut
    refuses = (NotReady, InsufficientFunds, *users.REFUSALS)
    rehearses = "order.pay"

    def post(self, request: Request, order_id: str) -> Response:
        self.body()
        order = self.find(order_id)
        return self.once(lambda: orders.pay(order, by=self.actor))


class Cancel(Endpoint):
    """Give up an order that is not funded, and give the buyer the reservation back."""

    noun = Order
    takes = serializers.Reason
    shows = serializers.OrderOut
    refuses = (NotReady, *users.REFUSALS)
    rehearses = "order.cancel"

    def post(self, request: Request, order_id: str) -> Response:
        body = self.body()
        order = self.find(order_id)
        return self.once(lambda: orders.cancel(order, by=self.actor, **body))


class Deliver(Endpoint):
    """Note that the seller says the work is done."""

    noun = Order
    takes = serializers.Delivery
    shows = serializers.OrderOut
    refuses = (NotReady, *users.REFUSALS)

    def post(self, request: Request, order_id: str) -> Response:
        body = self.body()
        order = self.find(order_id)
        return self.once(lambda: deliveries.deliver(order, by=self.actor, **body))


class Quote(Endpoint):
    """Show what each side gets, fees included."""

    noun = Order
    shows = serializers.OrderQuoteOut

    def get(self, request: Request, order_id: str) -> Response:
        return Response(serializers.quote(self.find(order_id)))


class Timeline(Endpoint):
    """List what happened to an order, its milestones, its escrow and its disputes."""

    noun = Order
    shows = serializers.MomentOut
    filters = {"resource_type": ("order", "milestone", "escrow", "dispute")}

    def get(self, request: Request, order_id: str) -> Response:
        trail = self.find(order_id).trail
        told = {"trail": trail, "resource_type__in": self.filters["resource_type"]}
        rows = Event.objects.of(self.book).filter(**told)
        return Response(page(request, rows, serializers.moment_of, filters=self.filters))


class Link(Endpoint):
    noun = AirtmLink
    takes = serializers.NewLink
    shows = serializers.LinkOut
    answers = (202,)
    refuses = (linking.AlreadyLinked, linking.NotConfigured, NotReady)
    finds = (User,)
    key_required = False

    def get(self, request: Request, user_id: str) -> Response:
        """Show which Airtm account is the user's."""
        self.find(user_id, User)
        link = AirtmLink.objects.of(self.book).filter(holder=user_id).first()
        if link is None:
            raise missing(AirtmLink)
        return Response(serializers.link(link))

    def post(self, request: Request, user_id: str) -> Response:
        """Ask Airtm who has this address; ends in LINKED or REFUSED."""
        body = self.body()
        user = self.find(user_id, User)
        return self.once(lambda: linking.link(user, by=self.actor, **body))
