"""A pretended Horizon, and a book with a treasury that stands on it."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.db import transaction

from integrations.providers import directory
from integrations.providers.models import ProviderAccount, Submission, Wallet
from integrations.providers.stellar import wallets
from ledger.events import SYSTEM
from ledger.models import Book
from tests.integrations.providers import stub
from tests.integrations.providers.stellar import pretend
from tests.integrations.providers.stellar.handing_in import claim, prepared
from tests.integrations.providers.stellar.terms import TREASURY
from tests.integrations.providers.stub import Stub


@pytest.fixture
def horizon(settings: LazySettings) -> Iterator[pretend.Pretend]:
    with pretend.running() as running:
        settings.STELLAR_HORIZON_URL = running.url
        yield running


@pytest.fixture
def book(db: None) -> int:
    return Book.objects.create(name="Bazaar").pk


@pytest.fixture
def wallet(book: int) -> Wallet:
    """Ada's, asked for and not opened yet."""
    with transaction.atomic():
        return wallets.ensure(book=book, holder="usr_ada", by=SYSTEM)


@pytest.fixture
def treasury(book: int, horizon: pretend.Pretend) -> Wallet:
    horizon.open_account(TREASURY.public_key)
    with transaction.atomic():
        return wallets.adopt(
            book=book, role=Wallet.Role.TREASURY, secret=TREASURY.secret, by=SYSTEM
        )


@pytest.fixture
def claimed(wallet: Wallet, treasury: Wallet) -> Submission:
    """The opening of Ada's wallet, signed and stored, and not handed in yet."""
    return claim(prepared(wallet, treasury), wallet.id)


@pytest.fixture
def trustless_work(book: int, settings: LazySettings) -> Iterator[Stub]:
    """Whoever builds transactions for us, saying what a test scripts."""
    credentials = {"api_key": "id.a-secret-of-ours"}
    directory.open_account(book, ProviderAccount.Provider.TRUSTLESS_WORK, credentials)
    with stub.running() as running:
        settings.TRUSTLESS_WORK_BASE_URL = running.url
        yield running
