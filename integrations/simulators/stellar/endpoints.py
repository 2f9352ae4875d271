"""What Horizon's endpoints share: methods, problems, faults, and lists that page or stream."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from django.http import (
    HttpRequest,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.views.decorators.csrf import csrf_exempt

from integrations.simulators.stellar import faults, pages, problems, streams
from integrations.simulators.stellar.pages import Fetch
from integrations.simulators.stellar.problems import Problem

View = Callable[..., HttpResponseBase]

_REFUSALS = {
    faults.TOO_MANY_REQUESTS: problems.too_many_requests,
    faults.STILL_INGESTING: problems.still_ingesting,
    faults.STALE_HISTORY: problems.stale_history,
}
_OF_READS = (faults.STILL_INGESTING, faults.STALE_HISTORY)


def endpoint(*methods: str) -> Callable[[Callable[..., Any]], View]:
    """A view that answers with a resource, or ends with a `Problem`."""

    def decorate(view: Callable[..., Any]) -> View:
        @csrf_exempt
        @wraps(view)
        def answered(request: HttpRequest, **named: Any) -> HttpResponseBase:
            try:
                if request.method not in methods:
                    raise problems.method_not_allowed()
                _fail_if_told(request)
                return _as_response(view(request, **named))
            except Problem as problem:
                return problem.response()

        return answered

    return decorate


def listing(request: HttpRequest, fetch: Fetch) -> Any:
    """A page of records, or a stream of them where the client asks for one."""
    page = pages.asked_for(request)
    if streams.is_wanted(request):
        return streams.response(page, fetch)
    return pages.body(request, page, fetch(page))


def broken_off() -> StreamingHttpResponse:
    """An answer whose connection ends before it does."""

    def a_beginning() -> Iterator[bytes]:
        yield b'{"_links": {'
        raise ConnectionAbortedError("told to break off")

    return StreamingHttpResponse(a_beginning(), content_type="application/hal+json")


def _fail_if_told(request: HttpRequest) -> None:
    reads = _OF_READS if request.method == "GET" else ()
    if fault := faults.spend(faults.TOO_MANY_REQUESTS, *reads):
        raise _REFUSALS[fault.name]()


def _as_response(answer: Any) -> HttpResponseBase:
    if isinstance(answer, HttpResponseBase):
        return answer
    return JsonResponse(answer, content_type="application/hal+json")
