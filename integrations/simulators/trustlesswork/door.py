"""The door of the API: key, limit, the troubles that are switched on, and the form of an answer."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from integrations.providers import exactjson
from integrations.simulators import faults
from integrations.simulators.models import SimulatedTrustlessWorkKey, TrustlessWorkRequest
from integrations.simulators.stellar.amounts import as_time
from integrations.simulators.stellar.contracts.calls import Trap
from integrations.simulators.trustlesswork import trouble
from integrations.simulators.trustlesswork.bodies import InvalidBody
from integrations.simulators.trustlesswork.refusals import ApiRefusal, ContractRefusal
from ledger import clock

MOST_REQUESTS, WINDOW = 50, timedelta(seconds=60)

_UNAUTHORIZED = {"statusCode": 401, "message": "Unauthorized", "error": "Unauthorized"}
_UNAUTHORIZED_PROBLEM = {
    "type": "about:blank",
    "title": "Unauthorized",
    "status": 401,
    "code": "AUTH_INVALID_CREDENTIAL",
    "detail": "The API key is not valid",
}
_THROTTLED = {"statusCode": 429, "message": "ThrottlerException: Too Many Requests"}
_FAILED = {"status": "FAILED", "message": "The request could not be completed."}
_PAGE = "<!doctype html><title>Gateway</title><h1>Something is not right</h1>"


def endpoint(*methods: str) -> Callable[[Callable[..., Any]], Callable[..., HttpResponse]]:
    """A view behind an API key. It answers with a status and a body, or ends by a refusal."""

    def decorate(view: Callable[..., Any]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def answered(request: HttpRequest, **named: Any) -> HttpResponse:
            if request.method not in methods:
                return _refused(request, 404, f"Cannot {request.method} {_path(request)}")
            early = _turned_away(request) or _in_trouble(request)
            return early or _delivered(request, _answer(view, request, named))

        return answered

    return decorate


def _answer(view: Callable[..., Any], request: HttpRequest, named: dict[str, Any]) -> HttpResponse:
    try:
        return _json(*view(request, **named))
    except InvalidBody as invalid:
        return _refused(request, 400, invalid.complaints)
    except ContractRefusal as refusal:
        return _refused(request, _contract_status(), refusal.refusal.message)
    except (ApiRefusal, Trap) as refusal:
        return _refused(request, _contract_status(), str(refusal))


def _turned_away(request: HttpRequest) -> HttpResponse | None:
    if (fault := trouble.spend("unauthorized", about=request.path)) is not None:
        newer = fault.get("shape") == "problem"
        return _json(401, _UNAUTHORIZED_PROBLEM if newer else _UNAUTHORIZED)
    key = SimulatedTrustlessWorkKey.objects.filter(key=request.headers.get("x-api-key", "")).first()
    if key is None:
        return _json(401, _UNAUTHORIZED)
    if (fault := trouble.spend("too_many_requests", about=request.path)) is not None:
        return _throttled(str(fault.get("retry_after", "")))
    if faults.lasting("trustlesswork", "rate_limit") is not None and _is_over_the_limit(key):
        return _throttled("")
    return None


def _is_over_the_limit(key: SimulatedTrustlessWorkKey) -> bool:
    """Counts in real time: it is a property of the line, not of the product's clock."""
    rows = TrustlessWorkRequest.objects.filter(key=key, asked_at__gt=timezone.now() - WINDOW)
    if rows.count() >= MOST_REQUESTS:
        return True
    TrustlessWorkRequest.objects.create(key=key)
    return False


def _in_trouble(request: HttpRequest) -> HttpResponse | None:
    """What goes wrong before anything is done."""
    if (fault := trouble.spend("latency", about=request.path)) is not None:
        time.sleep(int(fault.get("seconds", 2)))
    if trouble.spend("server_error", about=request.path) is not None:
        return _refused(request, 500, "Internal server error")
    if trouble.spend("html", about=request.path) is not None:
        return HttpResponse(_PAGE)
    if trouble.spend("failed_2xx", about=request.path) is not None:
        return _json(201, _FAILED)
    return None


def _delivered(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """What goes wrong after it was done: the answer does not come through."""
    if trouble.spend("lost_answer", about=request.path) is not None:
        return HttpResponse(_PAGE, status=504)
    return answer


def _contract_status() -> int:
    return 400 if faults.lasting("trustlesswork", "errors_as_500") is None else 500


def _throttled(retry_after: str) -> HttpResponse:
    answer = _json(429, _THROTTLED)
    if retry_after:
        answer["Retry-After"] = retry_after
    return answer


def _refused(request: HttpRequest, status: int, message: str | list[str]) -> HttpResponse:
    return _json(
        status,
        {
            "statusCode": status,
            "message": message,
            "timestamp": as_time(clock.now()),
            "path": _path(request),
        },
    )


def _path(request: HttpRequest) -> str:
    """As Trustless Work knows it: without the prefix below which it is pretended."""
    return "/" + request.path.partition("/trustlesswork/")[2]


def _json(status: int, body: Any) -> HttpResponse:
    return HttpResponse(
        exactjson.write(body), status=status, content_type="application/json; charset=utf-8"
    )
