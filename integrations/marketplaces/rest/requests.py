"""Request ids: taken from the caller or made, echoed, and left on every trace."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ledger.fields import new_id

_ACCEPTABLE = re.compile(r"[\x21-\x7e]{1,100}", re.ASCII)


class RequestId:
    """Middleware: gives every request an `id` and every answer its `X-Request-ID`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.id = given if _ACCEPTABLE.fullmatch(given) else new_id("req")  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        return response
