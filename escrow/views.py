"""The acts on an order that concern its escrow."""

from rest_framework.request import Request
from rest_framework.response import Response

from escrow import escrows, serializers, settlements
from integrations.marketplaces import users
from integrations.marketplaces.models import Scope
from integrations.marketplaces.rest.authentication import InsufficientScope
from integrations.marketplaces.rest.views import Endpoint
from ledger.refusals import InsufficientFunds, NotReady
from payments.models import Order
from payments.orders import NotYoursToDecide
from payments.serializers import OrderOut


class Checkout(Endpoint):
    """Reserve the buyer's money, open the escrow and fund it, as one act."""

    noun = Order
    shows = OrderOut
    answers = (202,)
    refuses = (NotReady, InsufficientFunds, *users.REFUSALS)
    rehearses = "order.checkout"

    def post(self, request: Request, order_id: str) -> Response:
        self.body()
        order = self.find(order_id)
        return self.once(lambda: escrows.checkout(order, by=self.actor))


class Release(Endpoint):
    """Pay the seller: asked for by the buyer, or with the scope `support` by the platform."""

    noun = Order
    takes = serializers.Release
    shows = OrderOut
    answers = (202,)
    refuses = (NotReady, NotYoursToDecide, *users.REFUSALS)
    rehearses = "order.release"

    def post(self, request: Request, order_id: str) -> Response:
        body = self.body()
        order = self.find(order_id)
        if body["requested_by"] == settlements.PLATFORM and Scope.SUPPORT not in self.key.scopes:
            raise InsufficientScope
        return self.once(lambda: settlements.release(order, by=self.actor, **body))
