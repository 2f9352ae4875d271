"""People pay USDC into wallets, over the pretended network and the public API."""

import pytest

from integrations.providers.stellar import feed
from integrations.simulators.stellar.gifts import pay_from_stranger
from ledger.models import Event
from ledger.money import DOLLAR
from tests.cast import Api, Worker

pytestmark = pytest.mark.django_db(transaction=True)


def user(bazaar: Api, name: str = "ada") -> str:
    return bazaar.made("users", {"external_id": name, "type": "BUYER"})["id"]


def wallet(bazaar: Api, worker: Worker, holder: str) -> str:
    bazaar.made(f"users/{holder}/wallet")
    worker.settle()
    return bazaar.seen(f"users/{holder}/wallet")["address"]


def test_a_deposit_is_seen_and_credited(bazaar: Api, worker: Worker) -> None:
    ada = user(bazaar)
    address = wallet(bazaar, worker, ada)
    pay_from_stranger(address, amount=12 * DOLLAR + 1)
    feed.follow()
    assert bazaar.seen(f"users/{ada}/balance")["available"] == "12.0000001"
    print(bazaar.seen(f"users/{ada}/wallet/deposit?amount=3.50"))
    print(bazaar.seen(f"users/{ada}/wallet/transactions"))
    print(list(Event.across_books.values_list("type", flat=True)))
