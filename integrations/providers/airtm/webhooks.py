"""`POST /webhooks/airtm/{account}`: verified with that account's secrets, stored, answered."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from integrations.providers import directory, inbox
from integrations.providers.airtm import signature
from integrations.providers.models import ProviderAccount

LARGEST_BODY = 262_144  # bytes; Airtm's messages have one or two thousand
KEPT_HEADERS = frozenset(
    f"{family}-{name}"
    for family in ("svix", "webhook")
    for name in ("id", "timestamp", "signature")
) | {"content-type", "user-agent"}


@csrf_exempt
def receive(request: HttpRequest, account: str) -> HttpResponse:
    """204 once the message is stored; 401 for whatever is not proven to be this account's."""
    if request.method != "POST":
        return _not_a_post(request)
    owner = _owner(account)
    if owner is None:
        return _refused(request, "there is no such account")
    body = _body(request)
    if body is None:
        return _told(
            request, 413, "BODY_TOO_LARGE", f"At most {LARGEST_BODY} bytes are taken here."
        )
    return _judge(request, owner, body)


def _judge(request: HttpRequest, account: ProviderAccount, body: bytes) -> HttpResponse:
    headers = {name.lower(): value for name, value in request.headers.items()}
    kept = {name: value for name, value in headers.items() if name in KEPT_HEADERS}
    try:
        message_id = signature.verify(
            body,
            headers=headers,
            secrets=directory.credentials(account)["webhook_secrets"],
            at=datetime.now(UTC),  # the sender's real time, whatever the sandbox's clock says
        )
    except signature.Forged as forged:
        inbox.keep_forged(
            account=account,
            message_id=signature.claimed_id(headers),
            headers=kept,
            body=body,
            reason=str(forged),
        )
        return _refused(request, str(forged))
    inbox.keep_valid(account=account, message_id=message_id, headers=kept, body=body)
    return HttpResponse(status=204)


def _owner(account: str) -> ProviderAccount | None:
    if not account.isprintable():  # a NUL among it is nothing that PostgreSQL could look for
        return None
    rows = ProviderAccount.across_books.filter(provider=ProviderAccount.Provider.AIRTM)
    return rows.filter(pk=account).first()


def _body(request: HttpRequest) -> bytes | None:
    """The raw body, or None if it is too large to be Airtm's."""
    try:
        body = request.body
    except RequestDataTooBig:
        return None
    return body if len(body) <= LARGEST_BODY else None


def _refused(request: HttpRequest, reason: str) -> JsonResponse:
    return _told(
        request, 401, "WEBHOOK_SIGNATURE_INVALID", f"The message is not believed: {reason}."
    )


def _not_a_post(request: HttpRequest) -> JsonResponse:
    answer = _told(request, 405, "METHOD_NOT_ALLOWED", "Messages are sent here with POST.")
    answer["Allow"] = "POST"
    return answer


def _told(request: HttpRequest, status: int, code: str, message: str) -> JsonResponse:
    error: dict[str, Any] = {
        "code": code,
        "message": message,
        "details": {},
        "request_id": getattr(request, "id", ""),
    }
    return JsonResponse({"error": error}, status=status)
