"""What Horizon says when it cannot serve: `application/problem+json`."""

import json
from typing import Any

from django.http import HttpResponse

from integrations.simulators.stellar.envelopes import Envelope

_TYPES = "https://stellar.org/horizon-errors/"


class Problem(Exception):
    """Ends a request with an answer of this kind."""

    def __init__(
        self,
        *,
        status: int,
        kind: str,
        title: str,
        detail: str,
        extras: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.body = {"type": _TYPES + kind, "title": title, "status": status, "detail": detail}
        if extras:
            self.body["extras"] = extras

    def response(self) -> HttpResponse:
        return HttpResponse(
            json.dumps(self.body), status=self.status, content_type="application/problem+json"
        )


def not_found() -> Problem:
    return Problem(
        status=404,
        kind="not_found",
        title="Resource Missing",
        detail="The resource at the url requested was not found.",
    )


def bad_request(*, field: str, reason: str) -> Problem:
    return Problem(
        status=400,
        kind="bad_request",
        title="Bad Request",
        detail="The request you sent was invalid in some way.",
        extras={"invalid_field": field, "reason": reason},
    )


def method_not_allowed() -> Problem:
    return Problem(
        status=405,
        kind="method_not_allowed",
        title="Method Not Allowed",
        detail="This resource does not support that method.",
    )


def malformed(envelope_xdr: str) -> Problem:
    return Problem(
        status=400,
        kind="transaction_malformed",
        title="Transaction Malformed",
        detail="Horizon could not decode the transaction envelope in this request.",
        extras={"envelope_xdr": envelope_xdr},
    )


def timeout(envelope: Envelope) -> Problem:
    return Problem(
        status=504,
        kind="timeout",
        title="Timeout",
        detail="Your request timed out before completing. Submit the same transaction again.",
        extras={"hash": envelope.hash, "envelope_xdr": envelope.xdr},
    )


def too_many_requests() -> Problem:
    return Problem(
        status=429,
        kind="rate_limit_exceeded",
        title="Rate Limit Exceeded",
        detail="The rate limit for the requesting IP address is over its allowed limit.",
    )


def still_ingesting() -> Problem:
    return Problem(
        status=503,
        kind="still_ingesting",
        title="Still Ingesting",
        detail="Data cannot be presented because it's still being ingested.",
    )


def stale_history() -> Problem:
    return Problem(
        status=503,
        kind="stale_history",
        title="Historical DB Is Too Stale",
        detail="This horizon instance is out of sync and cannot answer for the latest ledgers.",
    )


def too_many_streams() -> Problem:
    return Problem(
        status=503,
        kind="server_over_capacity",
        title="Server Over Capacity",
        detail="This horizon server is currently overloaded. Please wait and try again.",
    )


def before_history() -> Problem:
    return Problem(
        status=410,
        kind="before_history",
        title="Data Requested Is Before Recorded History",
        detail="This horizon instance is configured to only track a portion of the history.",
    )


def failed(envelope: Envelope, *, result_codes: dict[str, Any], result_xdr: str) -> Problem:
    return Problem(
        status=400,
        kind="transaction_failed",
        title="Transaction Failed",
        detail="The transaction failed when submitted to the stellar network.",
        extras={
            "hash": envelope.hash,
            "envelope_xdr": envelope.xdr,
            "result_codes": result_codes,
            "result_xdr": result_xdr,
        },
    )
