"""How users and keys look from outside, and what may be said when a user is made."""

from typing import Any

from rest_framework import serializers

from integrations.marketplaces import limits
from integrations.marketplaces.models import ApiKey, Marketplace, User
from integrations.marketplaces.rest.fields import (
    AmountField,
    MetadataField,
    OneOf,
    Shown,
    Strict,
    TextField,
)


class NewUser(Strict):
    external_id = TextField(max_length=255)
    email = serializers.EmailField(max_length=254, required=False, default="")
    type = OneOf(choices=User.Type.choices)
    metadata = MetadataField(required=False, default=dict)


class UserOut(Shown):
    class Meta:
        model = User
        fields = ("id", "external_id", "email", "type", "status", "metadata", "created_at")


class LimitOut(serializers.Serializer):  # type: ignore[type-arg]
    least = AmountField(allow_null=True)
    most = AmountField(allow_null=True)
    most_per_day = AmountField(allow_null=True, help_text="Per user, within any 24 hours.")


class LimitsOut(serializers.Serializer):  # type: ignore[type-arg]
    """What one user may move; null is without limit."""

    topup = LimitOut()
    withdrawal = LimitOut()

    def to_representation(self, marketplace: Marketplace) -> Any:
        return super().to_representation(limits.of(marketplace))


class KeyOut(Shown):
    key_id = serializers.CharField(source="id")
    marketplace_id = serializers.CharField()
    marketplace = serializers.CharField(source="marketplace.name")
    limits = LimitsOut(source="marketplace")

    class Meta:
        model = ApiKey
        fields = ("key_id", "marketplace_id", "marketplace", "mode", "scopes", "limits")


class MarketplaceOut(Shown):
    limits = LimitsOut(source="*")

    class Meta:
        model = Marketplace
        fields = (
            "id", "name", "mode", "platform_fee_bps", "topup_fee_bearer", "refund_fee_bearer",
            "hold_hours", "foreign_payer", "return_hosts", "limits",
        )  # fmt: skip


def user(row: User) -> dict[str, Any]:
    return dict(UserOut(row).data)


def marketplace(row: Marketplace) -> dict[str, Any]:
    return dict(MarketplaceOut(row).data)
