"""How users, keys and audit entries look from outside, and what may be asked."""

from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from rest_framework import serializers

from integrations.marketplaces import limits, tokens
from integrations.marketplaces.models import ApiKey, AuditEntry, Marketplace, Scope, User
from integrations.marketplaces.rest.fields import (
    AmountField,
    MetadataField,
    MomentField,
    NameField,
    OneOf,
    Shown,
    Strict,
    TextField,
    WholeNumber,
    shown,
)

LONGEST_GRACE = int(timedelta(days=30).total_seconds())
USUAL_GRACE = int(timedelta(days=1).total_seconds())


class NewUser(Strict):
    external_id = NameField(max_length=255)
    email = serializers.EmailField(max_length=254, required=False, default="")
    type = OneOf(choices=User.Type.choices)
    metadata = MetadataField(required=False, default=dict)


class UserChange(Strict):
    email = serializers.EmailField(max_length=254, required=False)
    type = OneOf(choices=User.Type.choices, required=False)
    metadata = MetadataField(required=False)


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


class Why(Strict):
    reason = TextField(max_length=500, required=False, default="")


class NetworkField(TextField):
    """An address, or a range of them as `203.0.113.0/24`."""

    def to_internal_value(self, value: Any) -> str:
        try:
            return str(ip_network(super().to_internal_value(value)))
        except ValueError as error:
            raise serializers.ValidationError(
                "This must be an IP address, or a network like 203.0.113.0/24.", "INVALID_NETWORK"
            ) from error


class NewKey(Strict):
    name = TextField(max_length=120)
    scopes = serializers.ListField(
        child=OneOf(choices=Scope.choices), allow_empty=False, max_length=len(Scope)
    )
    networks = serializers.ListField(
        child=NetworkField(max_length=43), required=False, default=list, max_length=50
    )
    expires_in_days = WholeNumber(min_value=1, max_value=3650, required=False, default=None)


class Rotation(Strict):
    grace_seconds = WholeNumber(
        min_value=0, max_value=LONGEST_GRACE, required=False, default=USUAL_GRACE
    )


class NewToken(Strict):
    scopes = serializers.ListField(
        child=OneOf(choices=Scope.choices), allow_empty=False, required=False, default=None,
        max_length=len(Scope),
    )  # fmt: skip
    ttl_seconds = WholeNumber(
        min_value=1, max_value=tokens.LONGEST, required=False, default=tokens.LONGEST
    )


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


class ApiKeyOut(Shown):
    secret = serializers.CharField(
        allow_null=True, help_text="In clear, shown this once; `null` ever after."
    )

    class Meta:
        model = ApiKey
        fields = (
            "id", "name", "hint", "mode", "scopes", "networks", "replaces_id", "created_at",
            "expires_at", "revoked_at", "last_used_at", "secret",
        )  # fmt: skip


class ApiTokenOut(serializers.Serializer):  # type: ignore[type-arg]
    key_id = serializers.CharField()
    token = serializers.CharField(
        allow_null=True, help_text="In clear, shown this once; `null` ever after."
    )
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    expires_at = MomentField()


class AuditEntryOut(Shown):
    class Meta:
        model = AuditEntry
        fields = (
            "id", "actor", "act", "subject", "request_id", "address", "user_agent", "before",
            "after", "created_at",
        )  # fmt: skip


def user(row: User) -> dict[str, Any]:
    return shown(UserOut, row)


def marketplace(row: Marketplace) -> dict[str, Any]:
    return shown(MarketplaceOut, row)


def api_key(row: ApiKey) -> dict[str, Any]:
    row.secret = getattr(row, "secret", None)  # type: ignore[attr-defined]
    return shown(ApiKeyOut, row)


def api_token(row: tokens.Token) -> dict[str, Any]:
    told = {"key_id": row.pk, "token": row.token, "scopes": row.scopes}
    return shown(ApiTokenOut, {**told, "expires_at": row.expires_at})


def audit_entry(row: AuditEntry) -> dict[str, Any]:
    return shown(AuditEntryOut, row)
