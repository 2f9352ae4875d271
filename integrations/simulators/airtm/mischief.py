"""The faults of the simulated Airtm at work: before a call, in its answer, and on the way."""

import time
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse

from integrations.simulators import faults
from integrations.simulators.airtm import enterprises
from integrations.simulators.airtm.refusals import REASONS, AirtmRefusal
from integrations.simulators.models import AirtmEnterprise

COMMIT = "/commit"
LONGEST_LATENCY = 60  # seconds

_PAGE = "<html><body><h1>Airtm</h1><p>We will be right back.</p></body></html>"


class Broken(AirtmRefusal):
    """A failure that is no word of Airtm's."""

    def __init__(self, status: int) -> None:
        super().__init__("415999")
        self.status = status


def call_of(request: HttpRequest) -> str:
    """`POST /payouts/…/commit`: the method, and the path below `/v2`."""
    return f"{request.method} /{request.path.partition('/v2/')[2]}"


def before(call: str, enterprise: AirtmEnterprise) -> None:
    """Whatever keeps the call from being done. Raises `AirtmRefusal`."""
    if options := faults.lasting("airtm", "latency"):
        time.sleep(min(int(options.get("seconds", 1)), LONGEST_LATENCY))
    limit = faults.lasting("airtm", "rate_limit")
    if limit is not None:
        enterprises.count_call(enterprise, most=int(limit.get("per_second", 10)))
    if (options := _struck(call, "fail_calls")) is not None:
        raise Broken(int(options.get("status", 500)))
    if (options := _struck(call, "refuse_calls")) is not None:
        raise AirtmRefusal(str(options.get("code", "415998")))
    if call.endswith(COMMIT) and _struck(call, "insufficient_balance") is not None:
        raise AirtmRefusal("415016")


def told(call: str, body: Any) -> Any:
    """What is told of what was done: the truth, or not."""
    if not isinstance(body, dict):
        return body
    if "amount" in body and _struck(call, "wrong_amount") is not None:
        more = {"amount": body["amount"] + 1, "netAmount": body["netAmount"] + Decimal(1)}
        body = body | more
    if "airtmUserEmail" in body and _struck(call, "wrong_payee") is not None:
        body = body | {"airtmUserEmail": "somebody-else@example.com"}
    return body


def after(call: str, answer: HttpResponse) -> HttpResponse:
    """What becomes of the answer to a call that was done."""
    if _struck(call, "lose_answers") is not None:
        return HttpResponse("<html>504 Gateway Time-out</html>", status=504)
    if _struck(call, "answer_html") is not None:
        return HttpResponse(_PAGE)
    if _struck(call, "answer_error") is not None:
        error = f'{{"code":"415999","message":"{REASONS["415903"][1]}"}}'
        return HttpResponse(error, content_type="application/json")
    return answer


def _struck(call: str, name: str) -> dict[str, Any] | None:
    """The options of a fault that is about this call, and one time less of it."""
    options = faults.lasting("airtm", name)
    if options is None or not call.startswith(str(options.get("call", ""))):
        return None
    return faults.spend("airtm", name)
