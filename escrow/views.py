"""The acts on an order that concern its escrow."""

from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces.models import Scope
from integrations.marketplaces.rest.authentication import InsufficientScope
from integrations.marketplaces.rest.fields import Strict
from integrations.marketplaces.rest.views import Endpoint
from payments.models import Order

from . import escrows, serializers, settlements


class Checkout(Endpoint):
    noun = Order

    def post(self, request: Request, order_id: str) -> Response:
        self.body(Strict)
        order = self.find(order_id)
        return self.once(lambda: escrows.checkout(order, by=self.actor))


class Release(Endpoint):
    noun = Order

    def post(self, request: Request, order_id: str) -> Response:
        body = self.body(serializers.Release)
        order = self.find(order_id)
        if body["requested_by"] == settlements.PLATFORM and Scope.SUPPORT not in self.key.scopes:
            raise InsufficientScope
        return self.once(lambda: settlements.release(order, by=self.actor, **body))
