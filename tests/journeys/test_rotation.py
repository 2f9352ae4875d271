"""Rotation under way: a thousand wallets get a new key while money comes in and goes out."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import LazySettings
from django.db import connections

from integrations.providers.models import Wallet
from integrations.providers.stellar import feed, rotation, signer
from integrations.simulators.stellar import gifts
from ledger import clock
from ledger.fields import new_id
from ledger.money import DOLLAR
from tests import purse
from tests.cast import Sale, Worker

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 1_000
NEW = "new:" + base64.b64encode(b"n" * 32).decode()


def make_many(book: int) -> None:
    """Wallets that nobody has used yet, each with a key of its own."""
    now, rows = clock.now(), []
    for _ in range(MANY):
        wallet = new_id("wal")
        address, sealed_key = signer.new_key(wallet=wallet)
        facts = {"address": address, "sealed_key": sealed_key, "holder": new_id("usr")}
        times = {"created_at": now, "status_since": now}
        rows.append(Wallet(id=wallet, book_id=book, status="READY", **facts, **times))
    Wallet.across_books.bulk_create(rows)


class Turning:
    """Another process: it turns the ring and goes over every wallet, again and again."""

    def __init__(self, settings: LazySettings) -> None:
        self.settings = settings
        self.rings = (f"{NEW},{settings.WALLET_KEYRING}", f"{settings.WALLET_KEYRING},{NEW}")
        self.over = threading.Event()
        self.rounds = 0

    def run(self) -> None:
        while not self.over.is_set():
            self.settings.WALLET_KEYRING = self.rings[self.rounds % 2]
            rotation.rotate()
            self.rounds += 1
        connections.close_all()


@contextmanager
def rotating(settings: LazySettings) -> Iterator[Turning]:
    turning = Turning(settings)
    thread = threading.Thread(target=turning.run)
    thread.start()
    try:
        yield turning
    finally:
        turning.over.set()
        thread.join()


def test_money_comes_and_goes_while_a_thousand_keys_are_wrapped_anew(
    sale: Sale, worker: Worker, settings: LazySettings
) -> None:
    assert feed.begin()
    wallet = purse.wallet_of(sale.ada, worker)
    outside = purse.outside()
    make_many(wallet.book_id)
    with rotating(settings) as turning:
        for _ in range(4):
            gifts.pay_from_stranger(wallet.address, amount=10 * DOLLAR)
            assert feed.follow()
            done = purse.withdrawn(sale.api, worker, purse.to(outside, "7.00", sale.ada))
            assert done["status"] == "COMPLETED"
    assert turning.rounds
    assert purse.on_chain(outside) == "28.00"
    assert purse.in_books(wallet.address) == purse.on_chain(wallet.address) == "12.00"
    assert rotation.rotate().is_complete
    assert rotation.rehearse().is_complete
    sealed_with = set(Wallet.across_books.values_list("key_id", flat=True))
    assert len(sealed_with) == 1
    assert not Wallet.across_books.filter(frozen_at__isnull=False).exists()
