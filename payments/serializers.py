"""How top-ups, orders and links look from outside, and what may be asked."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import connection
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from integrations.marketplaces.rest.fields import (
    AmountField,
    Failing,
    MetadataField,
    MomentField,
    NameField,
    OneOf,
    Shown,
    Strict,
    TextField,
    WholeNumber,
    moment,
    shown,
)
from integrations.providers.models import AirtmLink
from ledger import money
from ledger.models import Event
from ledger.wiring import table, wired
from payments import quotes
from payments.models import Milestone, Order, TopUp

# It stands in addresses, where `.` and `..` are no names.
REF = r"^(?!\.{1,2}$)[A-Za-z0-9._~-]+$"
MOST_HOURS = 24 * 365


class NewTopUp(Strict):
    user_id = TextField(max_length=40)
    amount = AmountField()
    description = TextField(max_length=250, required=False, default="")
    return_url = serializers.URLField(max_length=200, required=False, default="")
    cancel_url = serializers.URLField(max_length=200, required=False, default="")
    metadata = MetadataField(required=False, default=dict)


class NewMilestone(Strict):
    ref = NameField(
        max_length=100,
        validators=[RegexValidator(REF, "Use A-Z a-z 0-9 . _ ~ - and not only dots.")],
    )
    title = TextField(max_length=100)
    amount = AmountField()


class NewOrder(Strict):
    buyer_id = TextField(max_length=40)
    seller_id = TextField(max_length=40)
    amount = AmountField()
    currency = TextField()
    title = TextField(max_length=100)
    description = TextField(max_length=500, required=False, default="")
    client_order_ref = NameField(max_length=255, required=False, allow_null=True, default=None)
    settlement = OneOf(
        choices=Order.Settlement.values, required=False, default=Order.Settlement.ESCROW
    )
    milestones = NewMilestone(many=True, required=False, default=list, max_length=50)  # type: ignore[call-arg]
    auto_release_after_hours = WholeNumber(
        required=False, allow_null=True, default=None, min_value=1, max_value=MOST_HOURS
    )
    metadata = MetadataField(required=False, default=dict)

    def validate_currency(self, value: str) -> str:
        if value != money.USD:
            raise serializers.ValidationError("Only USD is held here.", "INVALID_CURRENCY")
        return value

    def validate_milestones(self, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({piece["ref"] for piece in given}) < len(given):
            raise serializers.ValidationError("No ref may stand twice.", "NOT_UNIQUE")
        return given

    def validate(self, order: dict[str, Any]) -> dict[str, Any]:
        if order["milestones"] and order["settlement"] == Order.Settlement.INSTANT:
            flaw = serializers.ErrorDetail("An INSTANT order has none.", "NOT_ALLOWED")
            raise serializers.ValidationError({"milestones": flaw})
        return order


class Reason(Strict):
    reason = TextField(max_length=500, required=False, default="")


class Delivery(Strict):
    evidence = TextField(max_length=2000, required=False, default="")


class NewLink(Strict):
    email = serializers.EmailField(max_length=254)


class TopUpOut(Failing):
    amount = AmountField()
    received = AmountField(allow_null=True)
    fee = AmountField(allow_null=True)

    class Meta:
        model = TopUp
        fields = (
            "id", "user_id", "amount", "received", "fee", "status", "description",
            "confirmation_url", "return_url", "cancel_url", "failure",
            "expires_at", "metadata", "created_at",
        )  # fmt: skip


class MilestoneOut(Failing):
    amount = AmountField()

    class Meta:
        model = Milestone
        fields = (
            "id", "order_id", "ref", "title", "amount", "status", "delivered_at", "evidence",
            "auto_release_at", "requested_by", "failure",
        )  # fmt: skip


class OrderOut(Failing):
    amount = AmountField()

    class Meta:
        model = Order
        fields = (
            "id", "buyer_id", "seller_id", "amount", "currency", "title", "description",
            "client_order_ref", "settlement", "platform_fee_bps", "refund_fee_bearer", "status",
            "outcome", "auto_release_after_hours", "auto_release_at", "delivered_at", "evidence",
            "requested_by", "failure", "metadata", "created_at",
        )  # fmt: skip


class OwnPartsOfOrder(serializers.Serializer):  # type: ignore[type-arg]
    """What an order shows of its milestones, and of the hold that may expire."""

    milestones = MilestoneOut(many=True)
    hold_expires_at = MomentField(allow_null=True)

    LOOKS: ClassVar = {
        "has_milestones": "o.has_milestones",
        "hold_ends": """(
            SELECT expires_at FROM ledger_hold WHERE purpose = o.id AND status = 'OPEN')""",
    }

    @classmethod
    def of(cls, seen: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """The parts of all of these orders, by id."""
        parts: dict[str, dict[str, Any]] = {
            order["id"]: {"milestones": [], "hold_expires_at": _told(order["hold_ends"])}
            for order in seen
        }
        in_pieces = [order["id"] for order in seen if order["has_milestones"]]
        if in_pieces:
            rows = Milestone.across_books.filter(order_id__in=in_pieces)
            for row in rows.order_by("order_id", "place"):
                parts[row.order_id]["milestones"].append(milestone(row))
        return parts


class QuoteOut(serializers.Serializer):  # type: ignore[type-arg]
    """Who gets how much in one case."""

    seller = AmountField()
    buyer = AmountField()
    platform_fees = AmountField(help_text="What the platform keeps; below zero it pays.")
    protocol_fees = AmountField()


class MilestoneQuoteOut(serializers.Serializer):  # type: ignore[type-arg]
    ref = serializers.CharField()
    release = QuoteOut()
    refund = QuoteOut()


class OrderQuoteOut(serializers.Serializer):  # type: ignore[type-arg]
    order_id = serializers.CharField()
    release = QuoteOut()
    refund = QuoteOut(allow_null=True, help_text="Null where the seller is paid at once.")
    milestones = MilestoneQuoteOut(many=True)


class MomentOut(Shown):
    """One moment of an order's timeline."""

    at = MomentField(source="occurred_at")
    status = serializers.SerializerMethodField()

    class Meta:
        model = Event
        fields = (
            "id", "type", "at", "resource_type", "resource_id", "actor", "status", "reason",
        )  # fmt: skip

    def get_status(self, event: Event) -> str | None:
        status: str | None = event.payload.get("status")
        return status


class LinkRefusalOut(serializers.Serializer):  # type: ignore[type-arg]
    """Why Airtm would not have it."""

    code = serializers.CharField(source="refusal_code")
    message = serializers.CharField(source="refusal")


class LinkOut(Shown):
    user_id = serializers.CharField(source="holder")
    refusal = serializers.SerializerMethodField()

    class Meta:
        model = AirtmLink
        fields = (
            "user_id", "email", "status", "country", "is_verified", "checked_at", "refusal",
        )  # fmt: skip

    @extend_schema_field(LinkRefusalOut(allow_null=True))
    def get_refusal(self, row: AirtmLink) -> Any:
        return dict(LinkRefusalOut(row).data) if row.refusal_code else None


def topup(row: TopUp) -> dict[str, Any]:
    return shown(TopUpOut, row)


def milestone(row: Milestone) -> dict[str, Any]:
    return shown(MilestoneOut, row)


def quote(order: Order) -> dict[str, Any]:
    """What each side of an order will get."""
    is_instant = order.settlement == Order.Settlement.INSTANT
    told = {
        "order_id": order.pk,
        "release": quotes.of_release(order),
        "refund": None if is_instant else quotes.of_refund(order),
        "milestones": [
            {
                "ref": piece.ref,
                "release": quotes.release_of(order, piece),
                "refund": quotes.refund_of(order, piece),
            }
            for piece in order.milestones.order_by("place")
        ],
    }
    return shown(OrderQuoteOut, told)


def moment_of(event: Event) -> dict[str, Any]:
    return shown(MomentOut, event)


def link(row: AirtmLink) -> dict[str, Any]:
    return shown(LinkOut, row)


def order(row: Order) -> dict[str, Any]:
    return orders([row])[0]


def orders(rows: Iterable[Order]) -> list[dict[str, Any]]:
    """Orders with the parts that the rooms above add: one look at which there are, for all orders.

    What is not there is not asked for: a bare order costs nothing, a fresh one this one query.
    """
    rows = list(rows)
    told = {row.pk: shown(OrderOut, row) for row in rows}
    parts: list[Any] = [wired(part) for part in table("PARTS")["order"]]
    looks = {"id": "o.id"} | {name: look for part in parts for name, look in part.LOOKS.items()}
    bare = [{"id": row.pk, "hold_ends": row.reserved_until} for row in rows if row.is_bare]
    seen = [dict.fromkeys(looks) | known for known in bare]
    seen += _looked_at([row.pk for row in rows if not row.is_bare], looks)
    for part in parts:
        for pk, fields in part.of(seen).items():
            told[pk] |= fields
    return list(told.values())


def _looked_at(ids: list[str], looks: Mapping[str, str]) -> list[dict[str, Any]]:
    if not ids:
        return []
    query = f"SELECT {', '.join(looks.values())} FROM payments_order o WHERE o.id = ANY (%s)"
    with connection.cursor() as cursor:
        cursor.execute(query, [ids])
        return [dict(zip(looks, row, strict=True)) for row in cursor.fetchall()]


def _told(ends: datetime | None) -> str | None:
    return moment(ends) if ends else None
