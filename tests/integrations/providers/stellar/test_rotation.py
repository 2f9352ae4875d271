"""Rotation: every key wrapped anew while signing goes on, none lost; what is damaged is told."""

import base64
import io
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connections, transaction
from stellar_sdk import Keypair

from integrations.providers import directory
from integrations.providers.intents import OpenWallet
from integrations.providers.models import Address, ProviderAccount, Wallet
from integrations.providers.stellar import builder, rotation, signer, wallets
from integrations.providers.stellar.keyring import seal
from ledger import clock
from ledger.events import SYSTEM
from ledger.models import Finding
from tests.races.together import at_once

OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()
MANY = 1000


@pytest.fixture(autouse=True)
def _old_ring(settings: LazySettings) -> None:
    settings.WALLET_KEYRING = OLD


@pytest.fixture
def turn(settings: LazySettings) -> Callable[[], None]:
    """The operator puts a new key in front."""

    def put_in_front() -> None:
        settings.WALLET_KEYRING = f"{NEW},{OLD}"

    return put_in_front


def make(book: int, count: int) -> list[Wallet]:
    with transaction.atomic():
        return [wallets.ensure(book=book, holder=f"usr_{n}", by=SYSTEM) for n in range(count)]


def make_many(book: int) -> None:
    """Rows as `ensure` makes them, without their accounts and events."""
    now, rows = clock.now(), []
    for number in range(MANY):
        pair, wallet = Keypair.random(), f"wal_{number:05}"
        sealed = seal(pair.raw_secret_key(), owner=("wallet", wallet, pair.public_key))
        rows.append(
            Wallet(
                id=wallet,
                book_id=book,
                holder=f"usr_{number}",
                address=pair.public_key,
                sealed_key=sealed,
                created_at=now,
                status_since=now,
            )
        )
    Wallet.across_books.bulk_create(rows)


@dataclass
class Rotated:
    code: int
    told: dict[str, Any]


def run(*arguments: str) -> Rotated:
    out = io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("rotate_wallet_keys", "--format", "json", *arguments, stdout=out)
    return Rotated(int(str(end.value.code)), json.loads(out.getvalue() or "{}"))


def opens(wallet: Wallet) -> bool:
    """Signs with it, as every use of the key does."""
    intent = OpenWallet(signer=wallet.address, address=wallet.address)
    unsigned = builder.open_wallet(intent, sequence=1, now=clock.now())
    try:
        signer.sign(unsigned, intent=intent, wallets=[wallet], payer=wallet, bid=100)
    except signer.Corrupted:
        return False
    return True


def test_the_database_says_which_key_seals_which_wallet(
    book: int, turn: Callable[[], None]
) -> None:
    [wallet] = make(book, 1)
    directory.open_account(book, ProviderAccount.Provider.AIRTM, {"api_key": "secret"})
    assert Wallet.across_books.get().key_id == "old"
    assert not rotation.is_due()
    turn()
    assert rotation.is_due()
    assert run() == Rotated(
        0,
        {
            "to": "new",
            "rotated": 2,
            "left": 0,
            "unopenable": 0,
            "missing_keys": {},
            "dry_run": False,
            "sealed_by": {"new": 2},
        },
    )
    assert not rotation.is_due()
    assert opens(Wallet.across_books.get(pk=wallet.pk))
    account = directory.account(book, ProviderAccount.Provider.AIRTM)
    assert directory.credentials(account) == {"api_key": "secret"}
    assert run().told["rotated"] == 0


def test_after_a_rotation_the_old_key_may_go(
    book: int, turn: Callable[[], None], settings: LazySettings
) -> None:
    [wallet] = make(book, 1)
    turn()
    run()
    settings.WALLET_KEYRING = NEW
    assert opens(Wallet.across_books.get(pk=wallet.pk))


def test_a_dry_run_opens_everything_and_keeps_nothing(book: int, turn: Callable[[], None]) -> None:
    make(book, 3)
    before = set(Wallet.across_books.values_list("sealed_key", flat=True))
    turn()
    rehearsed = run("--dry-run")
    assert (rehearsed.code, rehearsed.told["rotated"]) == (0, 3)
    assert set(Wallet.across_books.values_list("sealed_key", flat=True)) == before


def test_what_a_forgotten_key_seals_is_told_and_not_touched(
    book: int, settings: LazySettings
) -> None:
    make(book, 2)
    settings.WALLET_KEYRING = NEW
    rotated = run()
    assert (rotated.code, rotated.told["missing_keys"]) == (1, {"old": 2})
    assert not Wallet.across_books.exclude(frozen_at=None).exists()


def test_a_keyring_that_cannot_be_read_is_said_and_nothing_is_done(
    book: int, settings: LazySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    make(book, 1)
    settings.WALLET_KEYRING_FILE = "/nowhere/keyring"
    assert run().code == 2
    assert "cannot be read" in capsys.readouterr().err


def test_what_does_not_open_is_frozen_told_and_left(book: int, turn: Callable[[], None]) -> None:
    whole, damaged = make(book, 2)
    sealed = bytearray(damaged.sealed_key)
    sealed[-1] ^= 1
    Wallet.across_books.filter(pk=damaged.pk).update(sealed_key=bytes(sealed))
    account = directory.open_account(book, ProviderAccount.Provider.AIRTM, {"api_key": "secret"})
    ProviderAccount.across_books.filter(pk=account.pk).update(sealed=bytes(sealed))
    turn()
    rotated = run()
    assert (rotated.code, rotated.told["rotated"], rotated.told["unopenable"]) == (1, 1, 2)
    assert Finding.across_books.get(kind="wallet_key_does_not_open").subject == damaged.pk
    assert Finding.across_books.get(kind="credentials_do_not_open").subject == account.pk
    assert Wallet.across_books.get(pk=damaged.pk).frozen_at
    assert opens(Wallet.across_books.get(pk=whole.pk))


@pytest.mark.django_db(transaction=True)
def test_what_a_claim_has_locked_is_rotated_later(book: int, turn: Callable[[], None]) -> None:
    [wallet] = make(book, 1)
    turn()
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Wallet.across_books.select_for_update(no_key=True).get(pk=wallet.pk)
            held.set()
            let_go.wait(10)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    threading.Timer(1, let_go.set).start()
    tally = rotation.rotate()
    assert (tally.rotated, tally.is_complete) == (1, True)
    holder.join()


@pytest.mark.django_db(transaction=True)
def test_1000_keys_are_rotated_twice_at_once_while_signing_goes_on(
    book: int, turn: Callable[[], None]
) -> None:
    make_many(book)
    turn()
    tallies: list[rotation.Tally] = []
    signed: list[bool] = []

    def rotate() -> None:
        tallies.append(rotation.rotate())

    def go_on_signing() -> None:
        for wallet in Wallet.across_books.order_by("?")[:150]:
            signed.append(opens(wallet))

    at_once([rotate, rotate, go_on_signing])
    assert sum(tally.rotated for tally in tallies) == MANY
    assert rotation.in_use() == {"new": MANY}
    assert len(signed) == 150
    assert all(signed)
    assert all(signer.rewrapped(wallet) for wallet in Wallet.across_books.all())
    assert not Finding.across_books.exists()
    assert not Address.across_books.exists()
