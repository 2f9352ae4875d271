"""Request bodies, as strict as Airtm's schema: nothing missing, nothing extra."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from integrations.providers import exactjson
from integrations.simulators.airtm.refusals import AirtmRefusal

CENT = Decimal("0.01")
LARGEST = Decimal(1_000_000_000)

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True)
class Field:
    """How a member is read; without a default it is required."""

    read: Callable[[Any], Any]
    default: Any = ...


def payout(raw: bytes) -> dict[str, Any]:
    """The members of a CreatePayoutRequest. Raises `AirtmRefusal`."""
    return _members(_parsed(raw), PAYOUT)


def payin(raw: bytes) -> dict[str, Any]:
    """The members of a CreatePayinRequest whose items add up. Raises `AirtmRefusal`."""
    members = _members(_parsed(raw), PAYIN)
    if sum(item["amount"] * item["quantity"] for item in members["items"]) != members["amount"]:
        raise AirtmRefusal("415901", field="items")
    return members


def _parsed(raw: bytes) -> Any:
    try:
        return exactjson.read(raw)
    except ValueError:
        raise AirtmRefusal("415901") from None


def _members(body: Any, fields: dict[str, Field]) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise AirtmRefusal("415901")
    for name in body.keys() - fields.keys():
        raise AirtmRefusal("415901", field=name)
    return {name: _member(body, name, field) for name, field in fields.items()}


def _member(body: dict[str, Any], name: str, field: Field) -> Any:
    if name not in body and field.default is not ...:
        return field.default
    try:
        return field.read(body[name])
    except (KeyError, ValueError):
        raise AirtmRefusal("415901", field=name) from None


# -- Members ------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or "\x00" in value:
        raise ValueError
    return value


def _short_text(value: Any) -> str:
    if len(text := _text(value)) > 250:
        raise ValueError
    return text


def _email(value: Any) -> str:
    if not _EMAIL.fullmatch(_text(value)):
        raise ValueError
    return _short_text(value).lower()


def _url(value: Any) -> str:
    parts = urlsplit(_text(value))
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError
    return str(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError
    return Decimal(value)


def _fee(value: Any) -> Decimal:
    number = _number(value)
    if not 0 <= number <= LARGEST or number % CENT:
        raise ValueError
    return number


def _dollars(value: Any) -> Decimal:
    if not (number := _fee(value)):
        raise ValueError
    return number


def _quantity(value: Any) -> Decimal:
    number = _number(value)
    if not 1 <= number <= LARGEST:
        raise ValueError
    return number


def _items(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value:
        raise ValueError
    return [_members(item, ITEM) for item in value]


ITEM = {"description": Field(_text), "amount": Field(_dollars), "quantity": Field(_quantity)}
PAYIN = {
    "code": Field(_short_text),
    "amount": Field(_dollars),
    "description": Field(_short_text),
    "items": Field(_items),
    "confirmationUri": Field(_url),
    "cancelUri": Field(_url),
}
PAYOUT = {
    "airtmUserEmail": Field(_email),
    "amount": Field(_dollars),
    "notes": Field(_text),
    "commit": Field(_flag, default=False),
    "code": Field(_short_text, default=None),
    "enterpriseFee": Field(_fee, default=Decimal(0)),
    "internalNote": Field(_text, default=""),
    "requireIdVerified": Field(_flag, default=False),
}
