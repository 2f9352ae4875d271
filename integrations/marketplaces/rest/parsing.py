"""Request bodies: JSON objects only, numbers exact, no key twice."""

import json
from decimal import Decimal
from typing import Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

LARGEST = 1_048_576  # bytes


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
        try:
            body = json.loads(
                raw.decode("utf-8") or "{}",
                parse_float=Decimal,
                parse_constant=_refuse,
                object_pairs_hook=_without_repetition,
            )
        except (ValueError, RecursionError) as error:
            raise ParseError(f"The body is not JSON: {error}") from error
        if not isinstance(body, dict):
            raise ParseError("The body must be a JSON object.")
        return body


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(body := dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return body
