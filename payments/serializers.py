"""How top-ups, orders and links look from outside, and what may be asked."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from integrations.marketplaces.rest.fields import (
    AmountField,
    MetadataField,
    OneOf,
    Shown,
    Strict,
    TextField,
)
from integrations.providers.models import AirtmLink
from ledger import money
from ledger.wiring import table, wired
from payments.models import Order, TopUp


class NewTopUp(Strict):
    user_id = TextField(max_length=40)
    amount = AmountField()
    description = TextField(max_length=250, required=False, default="")
    return_url = serializers.URLField(max_length=200, required=False, default="")
    cancel_url = serializers.URLField(max_length=200, required=False, default="")
    metadata = MetadataField(required=False, default=dict)


class NewOrder(Strict):
    buyer_id = TextField(max_length=40)
    seller_id = TextField(max_length=40)
    amount = AmountField()
    currency = TextField()
    title = TextField(max_length=100)
    description = TextField(max_length=500, required=False, default="")
    client_order_ref = TextField(max_length=255, required=False, allow_null=True, default=None)
    settlement = OneOf(choices=["ESCROW"], required=False, default="ESCROW")
    metadata = MetadataField(required=False, default=dict)

    def validate_currency(self, value: str) -> str:
        if value != money.USD:
            raise serializers.ValidationError("Only USD is held here.", "INVALID_CURRENCY")
        return value


class Reason(Strict):
    reason = TextField(max_length=500, required=False, default="")


class Delivery(Strict):
    evidence = TextField(max_length=2000, required=False, default="")


class NewLink(Strict):
    email = serializers.EmailField(max_length=254)


class TopUpOut(Shown):
    amount = AmountField()
    received = AmountField(allow_null=True)
    fee = AmountField(allow_null=True)

    class Meta:
        model = TopUp
        fields = (
            "id", "user_id", "amount", "received", "fee", "status", "description",
            "confirmation_url", "return_url", "cancel_url", "failure_code", "failure",
            "expires_at", "metadata", "created_at",
        )  # fmt: skip


class OrderOut(Shown):
    amount = AmountField()

    class Meta:
        model = Order
        fields = (
            "id", "buyer_id", "seller_id", "amount", "currency", "title", "description",
            "client_order_ref", "settlement", "platform_fee_bps", "status", "outcome",
            "delivered_at", "evidence", "failure_code", "failure", "metadata", "created_at",
        )  # fmt: skip


class LinkOut(Shown):
    user_id = serializers.CharField(source="holder")

    class Meta:
        model = AirtmLink
        fields = (
            "user_id", "email", "status", "country", "is_verified", "checked_at", "refusal_code",
            "refusal",
        )  # fmt: skip


def topup(row: TopUp) -> dict[str, Any]:
    return dict(TopUpOut(row).data)


def link(row: AirtmLink) -> dict[str, Any]:
    return dict(LinkOut(row).data)


def order(row: Order) -> dict[str, Any]:
    return orders([row])[0]


def orders(rows: Iterable[Order]) -> list[dict[str, Any]]:
    """Orders with the parts that the rooms above add: one query per part, not per order."""
    shown = {row.pk: dict(OrderOut(row).data) for row in rows}
    for part in table("PARTS")["order"]:
        for pk, fields in wired(part).of(list(shown)).items():
            shown[pk] |= fields
    return list(shown.values())
