"""Which refusals a route can answer with, by status and code, and how the document shows them."""

from collections.abc import Iterator
from typing import Any

from rest_framework import exceptions as drf

from integrations.marketplaces import idempotency, maintenance, pace
from integrations.marketplaces.rest import authentication, pagination, parsing
from integrations.marketplaces.rest.refusals import CODES, FAMILIES, MESSAGES
from integrations.marketplaces.rest.views import Endpoint, missing
from ledger.refusals import Refused

ALL = (drf.NotAcceptable,)
BEHIND_A_KEY = (
    drf.NotAuthenticated,
    authentication.InvalidApiKey,
    authentication.InsufficientScope,
    pagination.InvalidParameter,
    pace.RateLimited,
)
LISTS = (pagination.InvalidCursor,)
BODIES = (drf.ParseError, drf.UnsupportedMediaType, parsing.BodyTooLarge)
KEYS = (
    idempotency.KeyMalformed,
    idempotency.KeyReused,
    idempotency.KeyInProgress,
)
HEADERS = {
    401: ["WWW-Authenticate"],
    409: ["Retry-After"],
    429: ["Retry-After"],
    503: ["Retry-After"],
}
DETAILS: dict[str, Any] = {
    "VALIDATION_ERROR": {
        "fields": [
            {
                "field": "amount",
                "message": "The amount must be a decimal string above zero, without sign,"
                " exponent or blanks.",
                "code": "INVALID_AMOUNT",
            }
        ]
    },
    "INVALID_STATE": {"current_status": "CLOSED", "allowed_from": ["IN_PROGRESS"]},
    "INSUFFICIENT_FUNDS": {"available": "10.00", "requested": "94.70"},
    "LIMIT_EXCEEDED": {"limit": "withdrawal_most", "bound": "50.00", "requested": "94.70"},
}
# What may be wrong with one field of a body.
FIELD_CODES = (
    "BLANK", "EMPTY", "INEXACT", "INVALID", "INVALID_ADDRESS", "INVALID_AMOUNT", "INVALID_CHOICE",
    "INVALID_CURRENCY", "INVALID_MEMO", "INVALID_NETWORK", "MAX_LENGTH", "MAX_VALUE", "MIN_VALUE",
    "NOT_ALLOWED", "NOT_A_LIST", "NOT_TEXT", "NOT_UNIQUE", "NULL", "NULL_CHARACTERS_NOT_ALLOWED",
    "OBJECT", "PADDED", "REQUIRED", "SURROGATE_CHARACTERS_NOT_ALLOWED", "UNKNOWN_FIELD",
)  # fmt: skip
FIELD = {
    "type": "object",
    "required": ["field", "message", "code"],
    "properties": {
        "field": {"type": "string", "description": "Where it stands: `milestones.0.amount`."},
        "message": {"type": "string", "description": "For people; it may change."},
        "code": {"type": "string", "enum": list(FIELD_CODES)},
    },
}
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "details", "request_id"],
            "properties": {
                "code": {"type": "string", "description": "Stable; for programs."},
                "message": {"type": "string", "description": "For people; it may change."},
                "details": {
                    "type": "object",
                    "additionalProperties": True,
                    "description": "What belongs to the code. Of `VALIDATION_ERROR`: `fields`.",
                    "properties": {"fields": {"type": "array", "items": FIELD}},
                },
                "request_id": {"type": "string"},
            },
        }
    },
}


def of(view: Any, method: str, path: str) -> dict[int, dict[str, str]]:
    """Status → code → message of every refusal of this route."""
    found: dict[int, dict[str, str]] = {}
    for status, code, message in _told(view, method, path):
        found.setdefault(status, {}).setdefault(code, message)
    return found


def example(code: str, message: str) -> dict[str, Any]:
    """One refusal as it is answered."""
    error = {
        "code": code,
        "message": message,
        "details": DETAILS.get(code, {}),
        "request_id": "req_01KAM3V8Q0ZJ5W4T9X2C7R6B1D",
    }
    return {"value": {"error": error}}


def _told(view: Any, method: str, path: str) -> Iterator[tuple[int, str, str]]:
    yield from (_as_answered(refusal) for refusal in ALL)
    if not isinstance(view, Endpoint):
        return
    yield from (_as_answered(refusal) for refusal in _of_endpoint(view, method))
    own = (view.noun,) if view.noun and "{" in path else ()
    found = view.finds if "{" in path or method == "POST" else ()
    yield from ((404, missing(noun).code, missing(noun).message) for noun in (*own, *found))
    yield 503, "UNAVAILABLE", "The database does not answer."


def _of_endpoint(view: Endpoint, method: str) -> Iterator[type[Exception]]:
    yield from BEHIND_A_KEY
    yield from (maintenance.UnderMaintenance,) if _pauses(view, method) else ()
    yield from BODIES if method in {"POST", "PATCH"} else ()
    if method == "POST":
        yield from KEYS
        yield from (idempotency.KeyRequired,) if view.key_required else ()
    elif method == "GET" and view.filters:
        yield from LISTS
    if method != "GET" or not _WRITING & set(dir(view)):
        yield from view.refuses


def _pauses(view: Endpoint, method: str) -> bool:
    return method != "GET" and not view.goes_on


def _as_answered(refusal: type[Any]) -> tuple[int, str, str]:
    if issubclass(refusal, Refused):
        status = next(status for family, status in FAMILIES.items() if issubclass(refusal, family))
        return status, refusal.code, refusal().message
    code = CODES.get(refusal, str(refusal.default_code))
    return refusal.status_code, code, MESSAGES.get(refusal, str(refusal.default_detail))


_WRITING = {"post", "patch", "delete"}
