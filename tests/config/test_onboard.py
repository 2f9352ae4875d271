"""Onboarding opens a marketplace with sealed provider accounts, or says what is missing."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from stellar_sdk import Keypair

from integrations.marketplaces import keys
from integrations.marketplaces.models import Marketplace
from integrations.providers import directory
from integrations.providers.models import ProviderAccount, Wallet

pytestmark = pytest.mark.django_db
ROLES = ("TREASURY", "FEES", "RESOLVER")


@pytest.fixture
def environment(settings):
    settings.AIRTM_API_KEY, settings.AIRTM_API_SECRET = "key", "secret"
    settings.AIRTM_WEBHOOK_SECRETS = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    settings.TRUSTLESS_WORK_API_KEY = "id.secret"
    for role in ROLES:
        setattr(settings, f"STELLAR_{role}_SECRET", Keypair.random().secret)
    return settings


def test_the_key_that_is_printed_is_recognised_and_kept_nowhere(environment) -> None:
    told = StringIO()
    call_command("onboard", "Souk", stdout=told)
    token = told.getvalue().split()[-1]
    marketplace = Marketplace.objects.get(name="Souk")
    assert keys.recognise(token).marketplace == marketplace
    assert token not in str(list(marketplace.keys.values()))
    account = directory.account(marketplace.book_id, ProviderAccount.Provider.AIRTM)
    assert directory.credentials(account)["api_secret"] == "secret"
    assert b"secret" not in bytes(account.sealed)
    roles = Wallet.objects.of(marketplace.book_id).values_list("role", flat=True)
    assert sorted(roles) == sorted(ROLES)


def test_it_says_what_is_missing(environment) -> None:
    environment.AIRTM_WEBHOOK_SECRETS = []
    with pytest.raises(CommandError, match="AIRTM_WEBHOOK_SECRETS"):
        call_command("onboard", "Souk")
    assert not Marketplace.objects.exists()


def test_the_three_platform_wallets_are_distinct(environment) -> None:
    environment.STELLAR_FEES_SECRET = environment.STELLAR_TREASURY_SECRET
    with pytest.raises(CommandError, match="distinct"):
        call_command("onboard", "Souk")
    assert not Marketplace.objects.exists()
