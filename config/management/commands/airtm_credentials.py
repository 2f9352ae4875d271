"""`manage.py airtm_credentials NAME`: seal the environment's Airtm credentials in place of the old.

This is how a webhook secret is rotated: first both secrets, then the new one alone.
"""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from integrations.marketplaces.models import Marketplace
from integrations.providers import directory
from integrations.providers.airtm.signature import weakness


class Command(BaseCommand):
    help = "Replace a marketplace's Airtm key, secret and webhook secrets by the environment's."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")

    def handle(self, *_: Any, name: str, **__: Any) -> None:
        marketplace = Marketplace.objects.filter(name=name).first()
        if marketplace is None:
            raise CommandError(f"there is no marketplace called {name}")
        account = directory.open_account(
            marketplace.book_id, directory.Provider.AIRTM, from_environment()
        )
        count = len(settings.AIRTM_WEBHOOK_SECRETS)
        self.stdout.write(f"{account.id}: sealed, with {count} webhook secret(s)")


def from_environment() -> dict[str, Any]:
    """What the environment names. Raises `CommandError` for what is missing or weak."""
    names = ("AIRTM_API_KEY", "AIRTM_API_SECRET", "AIRTM_WEBHOOK_SECRETS")
    if missing := [name for name in names if not getattr(settings, name)]:
        raise CommandError(f"these are not set: {', '.join(missing)}")
    for number, secret in enumerate(settings.AIRTM_WEBHOOK_SECRETS, start=1):
        if flaw := weakness(secret):
            raise CommandError(f"AIRTM_WEBHOOK_SECRETS: secret {number} {flaw}")
    return {
        "api_key": settings.AIRTM_API_KEY,
        "api_secret": settings.AIRTM_API_SECRET,
        "webhook_secrets": settings.AIRTM_WEBHOOK_SECRETS,
    }
