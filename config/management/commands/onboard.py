"""`manage.py onboard NAME`: open a marketplace with the providers that the environment names."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from config.management.commands import airtm_credentials
from integrations.marketplaces import keys, tenants
from integrations.marketplaces.models import Marketplace, Mode
from integrations.providers import directory
from integrations.providers.models import ProviderAccount, Wallet
from integrations.providers.stellar import wallets
from ledger.events import Actor

ONBOARDING = Actor("operator:onboard")
NEEDED = (
    "AIRTM_API_KEY",
    "AIRTM_API_SECRET",
    "AIRTM_WEBHOOK_SECRETS",
    "TRUSTLESS_WORK_API_KEY",
    "STELLAR_TREASURY_SECRET",
    "STELLAR_FEES_SECRET",
    "STELLAR_RESOLVER_SECRET",
)


class Command(BaseCommand):
    help = "Open a marketplace; its API key is printed once and kept nowhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--mode", choices=Mode.values, default=Mode.TEST)

    def handle(self, *_: Any, name: str, mode: str, **__: Any) -> None:
        if missing := [setting for setting in NEEDED if not getattr(settings, setting)]:
            raise CommandError(f"these are not set: {', '.join(missing)}")
        if Marketplace.objects.filter(name=name).exists():
            raise CommandError(f"there is a marketplace called {name}")
        with transaction.atomic():
            marketplace = tenants.open_marketplace(name=name, mode=mode)
            airtm = _accounts(marketplace.book_id)
            _wallets(marketplace.book_id)
            _, token = keys.create(marketplace, name="first")
        self.stdout.write(f"marketplace   {marketplace.id}")
        self.stdout.write(f"Airtm webhook {settings.PUBLIC_URL}/api/v1/webhooks/airtm/{airtm.id}")
        self.stdout.write(f"limits, hosts manage.py configure {name!r} --help")
        self.stdout.write(f"API key       {token}")


def _accounts(book: int) -> ProviderAccount:
    """Our accounts there, sealed into the book; answers the one that webhooks are sent to."""
    work = {"api_key": settings.TRUSTLESS_WORK_API_KEY}
    directory.open_account(book, ProviderAccount.Provider.TRUSTLESS_WORK, work)
    airtm = airtm_credentials.from_environment()
    return directory.open_account(book, ProviderAccount.Provider.AIRTM, airtm)


def _wallets(book: int) -> None:
    """Three distinct accounts that exist on the chain: the resolver may never raise a dispute."""
    secrets = {
        Wallet.Role.TREASURY: settings.STELLAR_TREASURY_SECRET,
        Wallet.Role.FEES: settings.STELLAR_FEES_SECRET,
        Wallet.Role.RESOLVER: settings.STELLAR_RESOLVER_SECRET,
    }
    if len(set(secrets.values())) < len(secrets):
        raise CommandError("treasury, fees and resolver must be three distinct Stellar accounts")
    for role, secret in secrets.items():
        wallets.adopt(book=book, role=role, secret=secret, by=ONBOARDING)
