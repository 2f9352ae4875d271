"""Request bodies: JSON objects only, numbers exact, no key twice, and not deep."""

import json
from decimal import Decimal
from typing import Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

LARGEST = 1_048_576  # bytes
DEEPEST = 64  # objects and arrays within one another; the parser's own end is the stack's
_LONGEST_NUMBER = 1_000  # digits
_TOO_DEEP = f"The body is nested too deep: {DEEPEST} objects and arrays within one another at most."


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "BODY_TOO_LARGE"
    default_detail = f"A body has at most {LARGEST} bytes."


class ExactJSON(BaseParser):
    """Reads `application/json`; an empty body is an empty object."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        raw = stream.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise BodyTooLarge
        body = _read(raw)
        if not isinstance(body, dict):
            raise ParseError("The body must be a JSON object.")
        if raw.count(b"{") + raw.count(b"[") > DEEPEST and _is_deeper(body, than=DEEPEST):
            raise ParseError(_TOO_DEEP)
        return body


def _read(raw: bytes) -> Any:
    """What the bytes say. Raises `ParseError`, in words that tell nothing of the inside."""
    try:
        return json.loads(
            raw.decode("utf-8") or "{}",
            parse_int=_whole,
            parse_float=Decimal,
            parse_constant=_refuse,
            object_pairs_hook=_without_repetition,
        )
    except UnicodeDecodeError as error:
        raise ParseError("The body is not JSON: it is not UTF-8.") from error
    except RecursionError as error:
        raise ParseError(_TOO_DEEP) from error
    except ValueError as error:
        raise ParseError(f"The body is not JSON: {error}") from error


def _is_deeper(body: Any, *, than: int) -> bool:
    """Level by level: a stack would end where the parser's did."""
    level = [body]
    for _ in range(than):
        level = [inner for outer in level for inner in _within(outer)]
    return bool(level)


def _within(outer: Any) -> list[Any]:
    """The objects and arrays that stand in this one."""
    values = outer.values() if isinstance(outer, dict) else outer
    return [value for value in values if isinstance(value, dict | list)]


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError(f"a number has more than {_LONGEST_NUMBER} digits")
    return int(digits)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(body := dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return body
