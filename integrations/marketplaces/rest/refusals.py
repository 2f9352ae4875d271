"""The error envelope: the only place that knows which refusal is which HTTP status."""

import logging
from datetime import datetime
from typing import Any

from django.db import OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions as drf
from rest_framework.response import Response

from integrations.marketplaces.maintenance import UnderMaintenance
from integrations.marketplaces.pace import RateLimited
from integrations.marketplaces.rest.fields import moment
from ledger import money
from ledger.refusals import Conflict, Invalid, NotFound, Refusal, Refused

log = logging.getLogger(__name__)

FAMILIES: dict[type[Refused], int] = {
    Invalid: 400,
    NotFound: 404,
    Conflict: 409,
    Refusal: 422,
    RateLimited: 429,
    UnderMaintenance: 503,
}
CODES: dict[type[Exception], str] = {
    drf.NotAuthenticated: "UNAUTHORIZED",
    drf.ParseError: "INVALID_JSON",
    drf.UnsupportedMediaType: "UNSUPPORTED_MEDIA_TYPE",
    drf.MethodNotAllowed: "METHOD_NOT_ALLOWED",
    drf.NotAcceptable: "NOT_ACCEPTABLE",
    drf.NotFound: "NOT_FOUND",
}
# Where DRF's own words do not say what to do instead.
MESSAGES: dict[type[Exception], str] = {
    drf.NotAuthenticated: "This needs an API key, sent as `Authorization: Bearer ohk_…`.",
    drf.UnsupportedMediaType: "A body is sent as `Content-Type: application/json`.",
    drf.NotAcceptable: "This cannot be answered as `Accept` asks; `application/json` can.",
}
# Details that are stroops inside, decimal strings outside.
AMOUNTS = {"available", "requested", "bound"}


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal in the same envelope; None is a fault, a 500."""
    request = context["request"]._request
    if isinstance(error, Refused):
        response = _told(request, _status(error), error.code, error.message, _details(error))
        if retry_after := getattr(error, "retry_after", None):
            response["Retry-After"] = str(retry_after)
        return response
    if isinstance(error, Http404):
        return _told(request, 404, "NOT_FOUND", "There is no such thing here.")
    if isinstance(error, OperationalError):
        log.exception("the database does not answer")
        response = _told(request, 503, "UNAVAILABLE", "The database does not answer.")
        response["Retry-After"] = "5"
        return response
    if isinstance(error, drf.ValidationError):
        fields = list(_fields(error.get_full_details()))
        return _told(request, 400, "VALIDATION_ERROR", "Some fields are wrong.", {"fields": fields})
    return _told_by_drf(request, error) if isinstance(error, drf.APIException) else None


def coded(error: Refused) -> dict[str, Any]:
    """A refusal inside a resource: as the envelope tells it, without the request."""
    return {"code": error.code, "message": error.message, "details": _details(error)}


def envelope(request: HttpRequest, code: str, message: str, details: Any = None) -> dict[str, Any]:
    """The body of every error."""
    return {
        "error": {
            "code": code,
            "message": message,
            "details": details or {},
            "request_id": getattr(request, "id", ""),
        }
    }


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:  # noqa: ARG001
    """Django's handler for what cannot be read as a request at all."""
    return JsonResponse(
        envelope(request, "VALIDATION_ERROR", "This is not a request that can be read."), status=400
    )


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:  # noqa: ARG001
    """Django's handler for routes that do not exist."""
    return JsonResponse(envelope(request, "NOT_FOUND", "There is no such route."), status=404)


def not_allowed(request: HttpRequest, *methods: str) -> JsonResponse:
    """For the few views that are not DRF's: the route is there, and takes these methods alone."""
    response = JsonResponse(
        envelope(request, "METHOD_NOT_ALLOWED", f"This route takes {' and '.join(methods)}."),
        status=405,
    )
    response["Allow"] = ", ".join(methods)
    return response


def fault(request: HttpRequest) -> JsonResponse:
    """Django's handler for our own mistakes: says nothing about the inside."""
    return JsonResponse(
        envelope(request, "INTERNAL_ERROR", "This is our fault; the request id finds it."),
        status=500,
    )


def _told(
    request: HttpRequest, status: int, code: str, message: str, details: Any = None
) -> Response:
    response = Response(envelope(request, code, message, details), status=status)
    response.refusal = code  # type: ignore[attr-defined] – for the log line
    return response


def _told_by_drf(request: HttpRequest, error: drf.APIException) -> Response:
    code = CODES.get(type(error), str(error.get_codes()))
    message = MESSAGES.get(type(error), str(error.detail))
    response = _told(request, error.status_code, code.upper(), message)
    if challenge := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = challenge
    return response


def _status(error: Refused) -> int:
    return next(status for family, status in FAMILIES.items() if isinstance(error, family))


def _details(error: Refused) -> dict[str, Any]:
    return {name: _outside(name, value) for name, value in error.details.items()}


def _outside(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value)
    return money.text(value) if name in AMOUNTS else value


def _fields(errors: Any, path: str = "") -> Any:
    """DRF's nested errors as a flat list with dotted paths."""
    if isinstance(errors, dict) and "message" in errors and "code" in errors:
        yield {"field": path, "message": errors["message"], "code": str(errors["code"]).upper()}
        return
    pairs = errors.items() if isinstance(errors, dict) else enumerate(errors)
    for name, inner in pairs:
        is_message = isinstance(inner, dict) and "message" in inner and isinstance(name, int)
        here = path if is_message or name == "non_field_errors" else f"{path}.{name}".strip(".")
        yield from _fields(inner, here)
