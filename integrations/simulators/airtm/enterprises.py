"""Companies with an Airtm Enterprise account: opened, recognised, debited and credited."""

import base64
import binascii
import hmac
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction

from integrations.simulators.airtm.refusals import TOO_MANY, AirtmRefusal
from integrations.simulators.models import AirtmEnterprise

CENT = Decimal("0.01")


def open_account(
    *,
    name: str,
    api_key: str,
    api_secret: str,
    available: Decimal = Decimal(0),
    webhook_url: str = "",
    webhook_secret: str = "",
) -> AirtmEnterprise:
    """The account with these credentials; `available` is its opening balance in dollars.

    An account that exists keeps its balance; where its webhooks go is brought up to date.
    """
    enterprise, _ = AirtmEnterprise.objects.update_or_create(
        api_key=api_key,
        defaults={"webhook_url": webhook_url, "webhook_secret": webhook_secret},
        create_defaults={
            "name": name,
            "api_secret": api_secret,
            "available": available,
            "webhook_url": webhook_url,
            "webhook_secret": webhook_secret,
        },
    )
    return enterprise


def recognised(*, authorization: str) -> AirtmEnterprise:
    """Whose credentials these are. Raises `AirtmRefusal`."""
    api_key, api_secret = _credentials(authorization)
    enterprise = AirtmEnterprise.objects.filter(api_key=api_key).first()
    if enterprise is None or not hmac.compare_digest(
        enterprise.api_secret.encode(), api_secret.encode()
    ):
        raise AirtmRefusal("415904")
    return enterprise


def locked(enterprise: AirtmEnterprise) -> AirtmEnterprise:
    """Its row, held until the caller's transaction ends: money moves one step at a time."""
    return AirtmEnterprise.objects.select_for_update().get(pk=enterprise.pk)


def fee(enterprise: AirtmEnterprise, amount: Decimal) -> Decimal:
    """What Airtm takes of a payment of `amount` dollars, at most all of it."""
    share = (amount * enterprise.fee_bps / 10_000).quantize(CENT, ROUND_HALF_UP)
    return min(enterprise.fee_flat + share, amount)


def move(enterprise: AirtmEnterprise, *, available: Decimal, pending: Decimal) -> None:
    """Change both balances of a locked row. Raises `AirtmRefusal` if there is not enough."""
    if enterprise.available + available < 0:
        raise AirtmRefusal("415016")
    enterprise.available += available
    enterprise.pending += pending
    enterprise.save(update_fields=["available", "pending"])


def count_call(enterprise: AirtmEnterprise, *, most: int) -> None:
    """At most so many calls within a second of real time. Raises `AirtmRefusal`."""
    second = int(datetime.now(UTC).timestamp())
    with transaction.atomic():
        row = locked(enterprise)
        row.calls = row.calls + 1 if row.second == second else 1
        row.second = second
        row.save(update_fields=["second", "calls"])
    if row.calls > most:
        raise AirtmRefusal(TOO_MANY)


def set_fee(enterprise: AirtmEnterprise, *, flat: Decimal, bps: int) -> None:
    """What Airtm keeps of each payment from now on: dollars, and hundredths of a per cent."""
    AirtmEnterprise.objects.filter(pk=enterprise.pk).update(fee_flat=flat, fee_bps=bps)


def _credentials(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise AirtmRefusal("415904") from None
    api_key, colon, api_secret = text.partition(":")
    if scheme.lower() != "basic" or not colon or "\x00" in text:
        raise AirtmRefusal("415904")
    return api_key, api_secret
