"""Levels: how much is left of what providers let us call, for health, metrics and admin."""

from django.conf import settings

from integrations.providers import budget, directory
from integrations.providers.budget import Level
from integrations.providers.models import ProviderAccount
from integrations.providers.stellar import key_wrappers

Provider = ProviderAccount.Provider


def level(account: ProviderAccount) -> Level | None:
    """Of the limit that this account calls under; None if its key does not open."""
    base_url = {
        Provider.AIRTM: settings.AIRTM_BASE_URL,
        Provider.TRUSTLESS_WORK: settings.TRUSTLESS_WORK_BASE_URL,
    }[Provider(account.provider)]
    try:
        key = directory.credentials(account)["api_key"]
    except key_wrappers.CannotOpen:
        return None
    found = budget.of(account.provider, base_url=base_url, key=key, account=account.id)
    return found.level if found else None


def levels() -> list[Level]:
    """One for each account whose key opens."""
    found = [level(account) for account in ProviderAccount.across_books.order_by("id")]
    return [each for each in found if each]
