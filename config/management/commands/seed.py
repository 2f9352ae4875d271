"""`manage.py seed`: what the sandbox starts with: two marketplaces, providers, an operator."""

import base64
import json
import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from stellar_sdk import Keypair

from integrations.marketplaces import keys, tenants
from integrations.marketplaces.models import Marketplace
from integrations.providers import directory
from integrations.providers.models import ProviderAccount, Wallet
from integrations.providers.stellar import wallets
from integrations.simulators.airtm import enterprises, people
from integrations.simulators.models import SimulatedTrustlessWorkKey
from integrations.simulators.stellar import genesis
from ledger.chart import AIRTM_FLOAT, wallet
from ledger.events import Actor
from ledger.money import DOLLAR
from withdrawals import postings

SEED = Actor("operator:seed")
XLM = 10_000 * DOLLAR
CAPITAL = 10_000 * DOLLAR  # USDC in the treasury wallet
FLOAT = 1_000  # dollars at Airtm


class Command(BaseCommand):
    help = "Open the sandbox's marketplaces with their pretended providers. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", help="where to write the addresses and keys, as JSON")

    def handle(self, *_: Any, output: str | None = None, **__: Any) -> None:
        if not settings.SIMULATORS:
            raise CommandError("the seed is for the sandbox, and the simulators are off")
        people.seed()
        genesis.begin()
        known = _read(output)
        told = {
            "base_url": f"{settings.PUBLIC_URL}/api/v1",
            "api_key": _key_of(_marketplace("Bazaar"), known.get("api_key", "")),
            "other_api_key": _key_of(_marketplace("Stranger"), known.get("other_api_key", "")),
            "admin_url": f"{settings.PUBLIC_URL}/admin/",
            "admin_user": "admin",
            "admin_password": _operator(),
            "stranger_address": genesis.STRANGER.public_key,
        }
        if output:
            _write(Path(output), told)
        self.stdout.write("seeded: Bazaar, Stranger")


def _marketplace(name: str) -> Marketplace:
    with transaction.atomic():
        found = Marketplace.objects.filter(name=name).first()
        marketplace = found or tenants.open_marketplace(name=name, mode="test")
        book = marketplace.book_id
        if found is None:
            _wallets(book)
            _trustless_work(book)
        _airtm(marketplace)
    return marketplace


def _wallets(book: int) -> None:
    """The platform's three accounts; only the treasury starts with money, here and on the chain."""
    for role in (Wallet.Role.TREASURY, Wallet.Role.FEES, Wallet.Role.RESOLVER):
        pair = Keypair.random()
        usdc = CAPITAL if role == Wallet.Role.TREASURY else 0
        genesis.open_account(pair.public_key, xlm=XLM, usdc=usdc)
        adopted = wallets.adopt(book=book, role=role, secret=pair.secret, by=SEED)
        if usdc:
            approval = f"apr_seed_{adopted.id}"
            postings.debited(book, wallet(adopted.address), usdc, approval=approval, by=SEED)


def _trustless_work(book: int) -> None:
    key = f"seed.{secrets.token_hex(16)}"
    SimulatedTrustlessWorkKey.objects.create(key=key)
    directory.open_account(book, ProviderAccount.Provider.TRUSTLESS_WORK, {"api_key": key})


def _airtm(marketplace: Marketplace) -> None:
    """Our account at the pretended Airtm; its webhooks follow the port that we listen on."""
    book = marketplace.book_id
    known = ProviderAccount.objects.of(book).filter(provider="airtm").first()
    opened = directory.credentials(known) if known else _fresh_credentials()
    account = known or directory.open_account(book, ProviderAccount.Provider.AIRTM, opened)
    enterprises.open_account(
        name=marketplace.name,
        api_key=opened["api_key"],
        api_secret=opened["api_secret"],
        available=FLOAT,
        webhook_url=f"{settings.PUBLIC_URL}/api/v1/webhooks/airtm/{account.id}",
        webhook_secret=opened["webhook_secrets"][0],
    )
    if known is None:
        approval = f"apr_seed_{account.id}"
        postings.debited(book, AIRTM_FLOAT, FLOAT * DOLLAR, approval=approval, by=SEED)


def _fresh_credentials() -> dict[str, Any]:
    secret = base64.b64encode(secrets.token_bytes(24)).decode()
    return {
        "api_key": secrets.token_hex(8),
        "api_secret": secrets.token_hex(16),
        "webhook_secrets": [f"whsec_{secret}"],
    }


def _key_of(marketplace: Marketplace, known: str) -> str:
    """The key told last time, as long as it is still good."""
    key = keys.recognise(known)
    if key is not None and key.marketplace_id == marketplace.pk:
        return known
    return keys.create(marketplace, name="sandbox")[1]


def _operator() -> str:
    password = os.environ.get("ADMIN_PASSWORD") or secrets.token_urlsafe(12)
    users = get_user_model().objects
    operator, _ = users.get_or_create(
        username="admin", defaults={"is_staff": True, "is_superuser": True}
    )
    operator.set_password(password)
    operator.save()
    return password


def _read(output: str | None) -> dict[str, str]:
    path = Path(output) if output else None
    if path is None or not path.exists():
        return {}
    known: dict[str, str] = json.loads(path.read_text())
    return known


def _write(path: Path, told: dict[str, str]) -> None:
    path.touch(mode=0o600, exist_ok=True)
    path.write_text(json.dumps(told, indent=2) + "\n")
