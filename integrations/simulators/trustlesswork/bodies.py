"""Request bodies, as strict as the API's validation: nothing missing, extra or of another type."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from stellar_sdk import StrKey

from integrations.providers import exactjson
from integrations.simulators.stellar.amounts import MOST

Read = Callable[[Any], Any]
Shape = dict[str, Read]


class InvalidBody(Exception):
    """What the validation complains about, one sentence a member."""

    def __init__(self, *complaints: str) -> None:
        super().__init__(*complaints)
        self.complaints = list(complaints)


def read(raw: bytes, shape: Shape) -> dict[str, Any]:
    """The members of a body. Raises `InvalidBody`."""
    try:
        body = exactjson.read(raw)
    except ValueError as error:
        raise InvalidBody("the body must be JSON") from error
    found: dict[str, Any] = members(shape)(body)
    return found


def members(shape: Shape) -> Read:
    """An object with exactly these members."""

    def of(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise InvalidBody("must be an object")
        complaints = [f"property {name} should not exist" for name in value.keys() - shape.keys()]
        found = {}
        for name, read_member in shape.items():
            try:
                found[name] = read_member(value.get(name))
            except InvalidBody as invalid:
                complaints += [f"{name} {complaint}" for complaint in invalid.complaints]
        if complaints:
            raise InvalidBody(*complaints)
        return found

    return of


def several(read_item: Read) -> Read:
    def of(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise InvalidBody("must be an array")
        return [read_item(item) for item in value]

    return of


def text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise InvalidBody("must be a string")
    return value


def text_up_to(longest: int) -> Read:
    def of(value: Any) -> str:
        if len(text(value)) > longest:
            raise InvalidBody(f"must be shorter than or equal to {longest} characters")
        return text(value)

    return of


def account(value: Any) -> str:
    if not StrKey.is_valid_ed25519_public_key(text(value)):
        raise InvalidBody("must be a valid Stellar address")
    return text(value)


def index(value: Any) -> int:
    """A zero-based index, which the API wants as a string."""
    if not (text(value).isascii() and value.isdigit() and len(value) < 10):
        raise InvalidBody("must be a number string")
    return int(value)


def stroops(value: Any) -> int:
    """A number of whole units with at most seven decimals."""
    return _scaled(value, places=7, most=MOST)


def basis_points(value: Any) -> int:
    """A percentage with at most two decimals."""
    return _scaled(value, places=2, most=2**32 - 1)


def _scaled(value: Any, *, places: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InvalidBody("must be a number conforming to the specified constraints")
    scaled = Decimal(value).scaleb(places)
    if scaled != scaled.to_integral_value():
        raise InvalidBody(f"must have at most {places} decimal places")
    if not -most <= scaled <= most:
        raise InvalidBody("is too large")
    return int(scaled)
