"""Serializer fields and bases shared by every room: strict objects, amounts, references."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ledger import money


class Strict(serializers.Serializer):  # type: ignore[type-arg]
    """A request body: unknown fields are refused."""

    def to_internal_value(self, body: Any) -> Any:
        if isinstance(body, dict) and (unknown := set(body) - set(self.fields)):
            raise serializers.ValidationError(
                {name: serializers.ErrorDetail("There is no such field.", "UNKNOWN_FIELD")
                 for name in sorted(unknown)}
            )  # fmt: skip
        return super().to_internal_value(body)


@extend_schema_field(OpenApiTypes.STR)
class AmountField(serializers.Field):  # type: ignore[type-arg]
    """A decimal string outside, stroops inside."""

    def __init__(self, *, decimals: int = money.CENTS, **options: Any) -> None:
        self.decimals = decimals
        super().__init__(**options)

    def to_internal_value(self, value: Any) -> int:
        try:
            return money.parse(value, decimals=self.decimals)
        except money.InvalidAmount as error:
            raise serializers.ValidationError(error.message, error.code) from error

    def to_representation(self, amount: int) -> str:
        return money.text(amount)


class MetadataField(serializers.JSONField):
    """A flat object of the caller's own, at most 4 KB."""

    default_error_messages = {"object": "This must be an object of at most 4096 characters."}

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, dict) or len(str(value)) > 4096:  # noqa: PLR2004 – the message says it
            self.fail("object")
        return super().to_internal_value(value)


class TextField(serializers.CharField):
    """Text without control characters."""

    def to_internal_value(self, value: Any) -> str:
        if not isinstance(value, str):
            self.fail("invalid")
        return super().to_internal_value(value)
