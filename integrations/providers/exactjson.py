"""JSON whose numbers stay exact: read as int and Decimal, written digit by digit, never a float."""

import json
from decimal import Decimal
from typing import Any

LARGEST_EXPONENT = 60  # beyond it a few characters would stand for gigabytes of digits


def read(text: str | bytes) -> Any:
    """The value that `text` stands for. Raises `ValueError` unless it is strict JSON."""
    try:
        return json.loads(text, parse_float=_number, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def write(value: Any) -> str:
    """Compact JSON. Raises `TypeError` for a float: it would not be the number meant."""
    match value:
        case dict():
            members = (f"{_name(key)}:{write(item)}" for key, item in value.items())
            return "{" + ",".join(members) + "}"
        case list() | tuple():
            return "[" + ",".join(write(item) for item in value) + "]"
        case Decimal() if value.is_finite():
            return format(value, "f")
        case None | bool() | int() | str():
            return json.dumps(value)
    raise TypeError(f"{value!r} cannot be written as exact JSON")


def _name(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{key!r} cannot name a member of a JSON object")
    return json.dumps(key)


def _number(digits: str) -> Decimal:
    number = Decimal(digits)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > LARGEST_EXPONENT:
        raise ValueError(f"{digits[:40]} is no number that anybody means")
    return number


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")
