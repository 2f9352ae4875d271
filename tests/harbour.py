"""A shop whose users have wallets, on a chain that the test writes by hand."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.conf import LazySettings
from django.db import transaction

from integrations.marketplaces.models import User
from integrations.providers.models import Wallet
from integrations.providers.stellar import feed, wallets
from ledger.events import SYSTEM
from tests.integrations.providers.stellar import scripted
from tests.shop import Shop, open_shop


@dataclass
class Harbour:
    """A marketplace's shop, and the chain that its deposits come in from."""

    shop: Shop
    chain: scripted.Script

    def user(self, name: str) -> User:
        return self.shop.user(name, linked=False)

    def address(self, user: User) -> str:
        """The user's wallet, as it is once the chain has shown it."""
        with transaction.atomic():
            wallet = wallets.ensure(book=self.shop.book, holder=user.id, by=SYSTEM)
            if wallet.status == wallet.Status.CREATING:
                wallet.advance(wallet.Status.READY, by=SYSTEM)
        return str(wallet.address)

    def treasury(self) -> str:
        return str(wallets.treasury(self.shop.book).address)

    def comes(self, *records: dict[str, object]) -> int:
        """This happens on the chain, and is looked at."""
        self.chain.records += records
        return feed.follow()


@pytest.fixture
def harbour(db: None, settings: LazySettings) -> Iterator[Harbour]:
    with scripted.running() as chain:
        settings.STELLAR_HORIZON_URL = chain.url
        shop = open_shop("Bazaar")
        Wallet.across_books.update(created_at="2020-01-01T00:00:00Z")  # long before the records
        assert feed.begin()
        yield Harbour(shop, chain)
