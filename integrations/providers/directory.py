"""Which adapter serves which port, with the credentials of which book."""

from typing import Any, cast

from django.conf import settings

from integrations.providers.models import ProviderAccount
from integrations.providers.ports import Chain, Escrows, Federation, Payins, Payouts
from integrations.providers.stellar import keyring
from ledger.refusals import Conflict
from ledger.wiring import table, wired

Provider = ProviderAccount.Provider


class NotConfigured(Conflict):
    """This marketplace has no account at that provider."""

    code = "PROVIDER_NOT_CONFIGURED"


def payins(book: int, *, trail: str = "") -> Payins:
    """Money in; `trail` names what the conversation is about. Raises `NotConfigured`."""
    return cast("Payins", _airtm("payins", book, trail))


def payouts(book: int, *, trail: str = "") -> Payouts:
    """Money out. Raises `NotConfigured`."""
    return cast("Payouts", _airtm("payouts", book, trail))


def escrows(book: int, *, trail: str = "") -> Escrows:
    """Escrow contracts. Raises `NotConfigured`."""
    ours = account(book, Provider.TRUSTLESS_WORK)
    adapter = _adapter(
        "escrows",
        base_url=settings.TRUSTLESS_WORK_BASE_URL,
        api_key=credentials(ours)["api_key"],
        account=ours.id,
        trail=trail,
    )
    return cast("Escrows", adapter)


def chain(*, trail: str = "") -> Chain:
    """The Stellar network; it needs no credentials."""
    return cast("Chain", _adapter("chain", base_url=settings.STELLAR_HORIZON_URL, trail=trail))


def federation(*, trail: str = "") -> Federation:
    """Names of addresses, asked of whoever the name's domain says."""
    adapter = _adapter("federation", servers=settings.FEDERATION_SERVERS, trail=trail)
    return cast("Federation", adapter)


def account(book: int, provider: str) -> ProviderAccount:
    """The book's account at a provider. Raises `NotConfigured`."""
    found = ProviderAccount.objects.of(book).filter(provider=provider).first()
    if found is None:
        raise NotConfigured(provider=provider)
    return cast("ProviderAccount", found)


def credentials(account: ProviderAccount) -> dict[str, Any]:
    """The opened credentials: `api_key`, and for Airtm `api_secret` and `webhook_secrets`."""
    return dict(keyring.unseal_json(account.sealed, owner=account.id))


def open_account(book: int, provider: str, credentials: dict[str, Any]) -> ProviderAccount:
    """The book's account at a provider, with these credentials in place of earlier ones."""
    found = ProviderAccount.objects.of(book).filter(provider=provider).first()
    row = found or ProviderAccount(book_id=book, provider=provider)
    row.sealed = keyring.seal_json(credentials, owner=row.id)
    row.save()
    return row


def _airtm(port: str, book: int, trail: str) -> Any:
    ours = account(book, Provider.AIRTM)
    opened = credentials(ours)
    return _adapter(
        port,
        base_url=settings.AIRTM_BASE_URL,
        api_key=opened["api_key"],
        api_secret=opened["api_secret"],
        payin_url_template=settings.AIRTM_PAYIN_URL_TEMPLATE,
        account=ours.id,
        trail=trail,
    )


def _adapter(port: str, **arguments: Any) -> Any:
    return wired(table("ADAPTERS")[port])(**arguments)
