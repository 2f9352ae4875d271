"""Two hundred reservations at once on one buyer who can pay for eighty of them."""

from functools import partial
from typing import Any

import pytest

from integrations.marketplaces.models import User
from ledger.models import Hold
from payments.models import Order
from tests.races.together import at_once, outcomes, post
from tests.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)


def test_exactly_those_that_can_be_paid_for_succeed(
    shop: Shop, ada: User, ben: User, server: Any, settings: Any
) -> None:
    settings.RATE_LIMIT_PER_USER = 10_000
    shop.fund(ada, "80.00")
    orders = [shop.order(ada, ben, "1.00") for _ in range(200)]
    base = server[0].removesuffix("/api/v1")
    answers = at_once(
        partial(post, base, shop, f"orders/{order.id}/reserve", {}, key=order.id)
        for order in orders
    )
    assert outcomes(answers) == {(200, ""): 80, (422, "INSUFFICIENT_FUNDS"): 120}
    assert (shop.balance(ada)["available"], shop.balance(ada)["reserved"]) == ("0.00", "80.00")
    assert Hold.objects.of(shop.book).filter(status="OPEN").count() == 80
    assert Order.objects.of(shop.book).filter(status="FUNDS_RESERVED").count() == 80
