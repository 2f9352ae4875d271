"""Messages as Airtm sends them, signed by Svix's own library."""

import json
from datetime import UTC, datetime

from django.test import Client
from svix.webhooks import Webhook

from integrations.providers import directory
from integrations.providers.models import ProviderAccount
from ledger.models import Book

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEXT_SECRET = "whsec_" + "bmV4dC1zZWNyZXQtb2YtdGhlLWFjY291bnQ="
FOREIGN_SECRET = "whsec_" + "c29tZWJvZHktZWxzZXMtc2VjcmV0LWtleQ=="
MESSAGE = {"type": "payin.confirmed", "data": {"id": "5f9b", "code": "topup_1"}}


def open_account(name: str, secrets: list[str]) -> ProviderAccount:
    book = Book.objects.create(name=name)
    credentials = {"api_key": "k", "api_secret": "s", "webhook_secrets": secrets}
    return directory.open_account(book.pk, "airtm", credentials)


def signed(
    *,
    message: dict | None = None,
    secret: str = SECRET,
    id: str = "msg_1",
    at: datetime | None = None,
    family: str = "svix",
) -> dict:
    """Arguments of a POST, signed by Svix's library."""
    body, at = json.dumps(message or MESSAGE), at or datetime.now(UTC)
    return {
        "data": body,
        "headers": {
            f"{family}-id": id,
            f"{family}-timestamp": str(int(at.timestamp())),
            f"{family}-signature": Webhook(secret).sign(id, at, body),
        },
    }


def post(account: ProviderAccount, *, data: str, headers: dict):
    return Client().post(
        f"/api/v1/webhooks/airtm/{account.pk}",
        data=data,
        content_type="application/json",
        headers=headers,
    )
