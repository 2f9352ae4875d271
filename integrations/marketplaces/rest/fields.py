"""Serializer fields and bases shared by every room: strict objects, amounts, references."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ledger import money


class Strict(serializers.Serializer):  # type: ignore[type-arg]
    """A request body: unknown fields are refused."""

    def to_internal_value(self, body: Any) -> Any:
        if isinstance(body, dict) and (unknown := set(body) - set(self.fields)):
            raise serializers.ValidationError(
                {_sayable(name): serializers.ErrorDetail("There is no such field.", "UNKNOWN_FIELD")
                 for name in sorted(unknown)}
            )  # fmt: skip
        return super().to_internal_value(body)


class AmountField(serializers.Field):  # type: ignore[type-arg]
    """A decimal string outside, stroops inside."""

    default_error_messages = {"null": "The amount must be a decimal string."}

    def __init__(self, *, decimals: int = money.CENTS, **options: Any) -> None:
        self.decimals = decimals
        super().__init__(**options)

    def validate_empty_values(self, value: Any) -> Any:
        if value is None:
            raise serializers.ValidationError(self.error_messages["null"], money.InvalidAmount.code)
        return super().validate_empty_values(value)

    def to_internal_value(self, value: Any) -> int:
        try:
            return money.parse(value, decimals=self.decimals)
        except money.InvalidAmount as error:
            raise serializers.ValidationError(error.message, error.code) from error

    def to_representation(self, amount: int) -> str:
        return money.text(amount)


class MetadataField(serializers.JSONField):
    """An object of the caller's own, kept as it came."""

    default_error_messages = {
        "object": "This must be an object of at most 4096 characters.",
        "inexact": "Only whole numbers come back as they were; write others as text.",
        "not_text": "There is a character here that no text can hold.",
    }

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, dict) or len(str(value)) > 4096:
            self.fail("object")
        for part in _parts(value):
            if isinstance(part, Decimal):
                self.fail("inexact")
            if isinstance(part, str) and ("\0" in part or not _is_unicode(part)):
                self.fail("not_text")
        return super().to_internal_value(value)


class TextField(serializers.CharField):
    """Text, and nothing that would have to be turned into text."""

    def to_internal_value(self, value: Any) -> str:
        if not isinstance(value, str):
            self.fail("invalid")
        return super().to_internal_value(value)


class NameField(TextField):
    """What the caller calls something: kept as it came, or refused where a blank is easily lost."""

    default_error_messages = {"padded": "This neither begins nor ends with a blank."}

    def to_internal_value(self, value: Any) -> str:
        if (text := super().to_internal_value(value)) != value:
            self.fail("padded")
        return text


class OneOf(serializers.ChoiceField):
    """One of a few words; a wrong one is told which there are."""

    default_error_messages = {"invalid_choice": "This must be one of {words}."}

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str) or value not in self.choices:
            self.fail("invalid_choice", words=", ".join(map(str, self.choices)))
        return value


class YesOrNo(serializers.BooleanField):
    """`true` or `false`, and no word for them: money may hang on it."""

    def to_internal_value(self, value: Any) -> bool:
        if not isinstance(value, bool):
            self.fail("invalid", input=value)
        return value


class WholeNumber(serializers.IntegerField):
    """A whole number, and no text or fraction that could be taken for one."""

    def to_internal_value(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail("invalid")
        return super().to_internal_value(value)


class MomentField(serializers.DateTimeField):
    """A moment in UTC, to the millisecond."""

    def to_representation(self, value: datetime) -> str:
        return moment(value)


class Shown(serializers.ModelSerializer):  # type: ignore[type-arg]
    """How a row looks from outside; a word that is not there is null."""

    serializer_field_mapping: ClassVar[Any] = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: MomentField,
        models.JSONField: MetadataField,
    }

    def to_representation(self, row: Any) -> dict[str, Any]:
        told = super().to_representation(row)
        return {name: None if value == "" else value for name, value in told.items()}

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[Any, dict[str, Any]]:
        kind, options = super().build_standard_field(field_name, model_field)
        if options.pop("allow_blank", False):
            options["allow_null"] = True
        return kind, options


class FailureOut(serializers.Serializer):  # type: ignore[type-arg]
    """Why it did not come to what was asked for."""

    code = serializers.CharField(source="failure_code", help_text="Stable; for programs.")
    message = serializers.CharField(source="failure", help_text="For people; it may be empty.")


class Failing(Shown):
    """How something looks that may fail: every noun tells its failure alike."""

    failure = serializers.SerializerMethodField()

    @extend_schema_field(FailureOut(allow_null=True))
    def get_failure(self, row: Any) -> Any:
        return dict(_made(FailureOut).to_representation(row)) if row.failure_code else None


def checked(shape: type[serializers.Serializer[Any]], given: Any) -> dict[str, Any]:
    """A body as its serializer understands it. Raises DRF's `ValidationError`."""
    body: dict[str, Any] = _made(shape).run_validation(given)
    return body


def shown(shape: type[serializers.Serializer[Any]], row: Any) -> dict[str, Any]:
    """How a row, or what has the same names, looks from outside."""
    return dict(_made(shape).to_representation(row))


@cache
def _made(shape: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The one serializer of a shape: it has no state, and its fields take milliseconds to make."""
    made = shape()
    made.fields.keys()  # made here, ahead of the first two threads that want them
    return made


def moment(value: datetime) -> str:
    """`2026-01-31T12:00:00.000Z`."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parts(value: Any) -> Iterator[Any]:
    """Every name and every value in a JSON value, however deep."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _parts(inner)
    else:
        yield value


def _sayable(name: str) -> str:
    """A name of the caller's as an answer can repeat it: half a character is told as `\\ud800`."""
    return name.encode("utf-8", "backslashreplace").decode()


def _is_unicode(text: str) -> bool:
    """Half of a surrogate pair is not a character."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
