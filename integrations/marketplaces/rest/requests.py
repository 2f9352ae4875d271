"""What a request brings along: its id, its address, and one log line when it is over."""

import re
import time
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, clear_contextvars

from integrations.marketplaces import pace
from integrations.marketplaces.audit import Origin
from integrations.marketplaces.rest import counting
from ledger.fields import new_id

_ACCEPTABLE = re.compile(r"[\x21-\x7e]{1,100}", re.ASCII)
_API = "/api/"
_WITH_PORT = re.compile(r"\[(.*)\](?::[0-9]+)?|([0-9.]+):[0-9]+")
_QUIET = {"health", "health/ready", "metrics"}  # asked every few seconds
log = structlog.get_logger("offerhub.request")


class RequestId:
    """Middleware: gives every request an `id` and every answer its `X-Request-ID`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.id = given if _ACCEPTABLE.fullmatch(given) else new_id("req")  # type: ignore[attr-defined]
        clear_contextvars()
        bind_contextvars(request_id=request.id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            clear_contextvars()
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        return response


class Observed:
    """Middleware: a log line, a measurement, and the caller's pace on every answer of the API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(_API):
            return self.get_response(request)
        started = time.monotonic()
        response = self.get_response(request)
        _tell_pace(request, response)
        response.setdefault("Cache-Control", "no-store")
        seconds = time.monotonic() - started
        where = route(request)
        counting.REQUESTS.labels(request.method, where, response.status_code).observe(seconds)
        if where not in _QUIET or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log(request, response, route=where, milliseconds=round(seconds * 1000))
        return response


def address(request: HttpRequest) -> str:
    """Who is at the other end: the connection, or what the last of our own proxies has seen.

    Empty where that is no address.
    """
    here = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.TRUSTED_PROXIES:
        return _plain(here)
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    hops = [*(part for part in seen if part), here]
    return _plain(hops[-min(settings.TRUSTED_PROXIES + 1, len(hops))])


def origin(request: HttpRequest) -> Origin:
    """Where it came from, for the audit log."""
    return Origin(address(request) or None, request.headers.get("User-Agent", ""))


def route(request: HttpRequest) -> str:
    """The pattern and not the path: ids would make a line, and a measurement, of their own."""
    match = request.resolver_match
    pattern = match.route.removeprefix("api/v1/") if match else "none"
    return re.sub(r"<\w+:(\w+)>", r"{\1}", pattern)


@lru_cache(maxsize=4096)
def _plain(told: str) -> str:
    """An address as it is compared and kept: some proxies tell a port, some wrap IPv4 into IPv6."""
    with_port = _WITH_PORT.fullmatch(told)
    try:
        found = ip_address(with_port[1] or with_port[2] if with_port else told)
    except ValueError:
        return ""
    return str(getattr(found, "ipv4_mapped", None) or found)


def _tell_pace(request: HttpRequest, response: HttpResponse) -> None:
    standing = getattr(request, "standing", None) or _of_address(request)
    response["X-RateLimit-Limit"] = str(standing.limit)
    response["X-RateLimit-Remaining"] = str(standing.remaining)
    response["X-RateLimit-Reset"] = str(standing.reset)


def _of_address(request: HttpRequest) -> pace.Standing:
    """Nobody with a key: counted, and shut out only where a key was needed (authentication)."""
    limit = settings.RATE_LIMIT_PER_ADDRESS
    try:
        return pace.spend(f"address:{address(request)}", limit=limit)
    except pace.RateLimited:
        return pace.Standing(limit, 0, pace.next_minute())


def _log(request: Any, response: HttpResponse, **told: Any) -> None:
    key = getattr(request, "key", None)
    told |= {"key": key.pk, "marketplace": key.marketplace_id} if key else {}
    ids = request.resolver_match.kwargs if request.resolver_match else {}
    is_fault = response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    (log.error if is_fault else log.info)(
        "request",
        method=request.method,
        status=response.status_code,
        refusal=getattr(response, "refusal", None),
        request_id=request.id,
        **{name: _printable(str(value)[:64]) for name, value in ids.items()},
        **told,
    )


def _printable(text: str) -> str:
    """Whoever asks writes no line of their own into the log, and sends no terminal any orders."""
    return text if text.isprintable() else repr(text)[1:-1]
