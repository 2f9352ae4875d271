"""Top-ups, orders and Airtm links over REST."""

from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces.models import User
from integrations.marketplaces.rest.views import Endpoint, missing
from integrations.providers.models import AirtmLink

from . import linking, orders, serializers, topups
from .models import Order, TopUp


def _created(_: object) -> int:
    return 201


class TopUps(Endpoint):
    noun = TopUp
    filters = {"status": TopUp.Status.values, "user_id": None}

    def get(self, request: Request) -> Response:
        return self.list(request)

    def post(self, request: Request) -> Response:
        body = self.body(serializers.NewTopUp)
        user = self.find(body.pop("user_id"), User)
        return self.once(lambda: topups.create(user, by=self.actor, **body), status=_created)


class OneTopUp(Endpoint):
    noun = TopUp

    def get(self, request: Request, topup_id: str) -> Response:
        return self.show(topup_id)


class Orders(Endpoint):
    noun = Order
    filters = {
        "status": Order.Status.values,
        "buyer_id": None,
        "seller_id": None,
        "client_order_ref": None,
    }

    def get(self, request: Request) -> Response:
        return self.list(request)

    def post(self, request: Request) -> Response:
        body = self.body(serializers.NewOrder)
        buyer, seller = (self.find(body.pop(f"{who}_id"), User) for who in ("buyer", "seller"))
        return self.once(
            lambda: orders.create(
                self.marketplace, buyer=buyer, seller=seller, by=self.actor, **body
            ),
            status=_created,
        )


class OneOrder(Endpoint):
    noun = Order

    def get(self, request: Request, order_id: str) -> Response:
        return self.show(order_id)


class Deliver(Endpoint):
    noun = Order

    def post(self, request: Request, order_id: str) -> Response:
        body = self.body(serializers.Delivery)
        order = self.find(order_id)
        return self.once(lambda: orders.deliver(order, by=self.actor, **body))


class Link(Endpoint):
    noun = AirtmLink
    key_required = False

    def get(self, request: Request, user_id: str) -> Response:
        self.find(user_id, User)
        link = AirtmLink.objects.of(self.book).filter(holder=user_id).first()
        if link is None:
            raise missing(AirtmLink)
        return Response(serializers.link(link))

    def post(self, request: Request, user_id: str) -> Response:
        body = self.body(serializers.NewLink)
        user = self.find(user_id, User)
        return self.once(lambda: linking.link(user, by=self.actor, **body))
