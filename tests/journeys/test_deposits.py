"""People pay USDC into wallets, over the pretended network and the public API."""

import tomllib
from functools import partial
from typing import Any

import pytest
import requests
import segno
from django.core.management import call_command
from stellar_sdk import Asset, Keypair, Payment
from stellar_sdk.sep.stellar_uri import PayStellarUri

from integrations.providers.models import ChainMovement, Submission, Wallet
from integrations.providers.stellar import feed
from integrations.providers.stellar.networks import network
from integrations.simulators import clock
from integrations.simulators.stellar import genesis
from integrations.simulators.stellar.gifts import pay_from_stranger
from ledger import sweeping
from ledger.models import Event, Finding
from ledger.money import DOLLAR
from payments.models import Deposit
from tests.cast import Api, Sale, Worker
from tests.integrations.simulators.stellar.chain import Client, client_of, usdc_transfer
from tests.races.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


class People:
    """Users of Bazaar with their wallets, and a chain on which others pay them."""

    def __init__(self, api: Api, worker: Worker) -> None:
        self.api, self.worker = api, worker

    def user(self, name: str) -> str:
        return str(self.api.made("users", {"external_id": name, "type": "BUYER"})["id"])

    def wallet(self, user: str) -> str:
        self.api.made(f"users/{user}/wallet")
        self.worker.settle()
        return str(self.api.seen(f"users/{user}/wallet")["address"])

    def available(self, user: str) -> str:
        return str(self.api.seen(f"users/{user}/balance")["available"])

    def transactions(self, user: str) -> list[Any]:
        return list(self.api.seen(f"users/{user}/wallet/transactions")["data"])


@pytest.fixture
def people(bazaar: Api, worker: Worker) -> People:
    return People(bazaar, worker)


@pytest.fixture
def chain(live_server: Any, sandbox: Any) -> Client:
    return client_of(live_server.url)


def test_fifty_simultaneous_deposits_are_fifty_credits(people: People) -> None:
    ada = people.user("ada")
    address = people.wallet(ada)
    at_once([partial(pay_from_stranger, address, amount=DOLLAR)] * 50)
    at_once([feed.follow] * 4)
    feed.follow()
    assert people.available(ada) == "50.00"
    assert Event.across_books.filter(type="deposit.credited").count() == 50


def test_w17_a_deposit_made_while_everything_was_down_is_credited(people: People) -> None:
    ada = people.user("ada")
    address = people.wallet(ada)
    feed.follow()
    pay_from_stranger(address, amount=DOLLAR)
    clock.advance(seconds=3 * 24 * 3600)  # the reference looked a day back
    pay_from_stranger(address, amount=DOLLAR * 2)
    call_command("watch_stellar", "--once")  # after the start
    assert people.available(ada) == "3.00"


def test_w17_a_wallet_created_a_second_ago_is_watched(people: People) -> None:
    feed.follow()
    for name in ("ada", "ben"):
        user = people.user(name)
        pay_from_stranger(people.wallet(user), amount=DOLLAR)
        feed.follow()
        assert people.available(user) == "1.00"


def test_w17_two_payments_to_two_users_in_one_transaction(people: People, chain: Client) -> None:
    ada, ben = people.user("ada"), people.user("ben")
    chain.send(
        genesis.STRANGER,
        Payment(people.wallet(ada), network().usdc, "1"),
        Payment(people.wallet(ben), network().usdc, "2.5"),
        Payment(people.wallet(ada), network().usdc, "0.0000001"),
    )
    feed.follow()
    feed.follow()
    assert (people.available(ada), people.available(ben)) == ("1.0000001", "2.50")


def test_w17_a_contract_transfer_is_a_deposit(people: People, chain: Client) -> None:
    ada = people.user("ada")
    transfer = usdc_transfer(chain, genesis.STRANGER, people.wallet(ada), 7 * DOLLAR)
    transfer.sign(genesis.STRANGER)
    chain.submit(transfer)
    feed.follow()
    assert people.available(ada) == "7.00"
    assert people.transactions(ada)[0]["kind"] == "DEPOSIT"


def test_xlm_is_recorded_and_not_credited(people: People, chain: Client) -> None:
    ada = people.user("ada")
    chain.send(genesis.STRANGER, Payment(people.wallet(ada), Asset.native(), "5"))
    feed.follow()
    assert people.available(ada) == "0.00"
    assert ChainMovement.across_books.get(holder=ada).matter == "FOREIGN"
    assert people.transactions(ada) == []


def test_our_own_sale_is_never_a_deposit(sale: Sale) -> None:
    """
    The feed shows the funding, the release and the fees, all of which their own listeners settle.
    """
    sale.top_up("150.00")
    sale.check_out("100.00")
    feed.follow()
    sale.deliver()
    sale.release()
    feed.follow()
    assert not Deposit.across_books.exists()
    assert not Finding.across_books.exists()
    assert sale.api.seen(f"users/{sale.ben}/balance")["available"] == "94.70"
    paid = sale.api.seen(f"users/{sale.ben}/wallet/transactions")["data"]
    assert [(one["direction"], one["amount"], one["kind"]) for one in paid] == [
        ("IN", "94.70", "ESCROW"),
    ]  # fmt: skip


class TestDepositPage:
    def test_it_tells_a_person_where_to_pay(self, people: People) -> None:
        ada = people.user("ada")
        address = people.wallet(ada)
        page = people.api.seen(f"users/{ada}/wallet/deposit?amount=12.5")
        pay: Any = PayStellarUri.from_uri(page["uri"])
        assert (pay.destination, pay.amount) == (address, "12.50")
        assert (pay.asset_code, pay.asset_issuer) == ("USDC", network().usdc_issuer)
        assert pay.network_passphrase == network().passphrase
        assert page["asset"] == {"code": "USDC", "issuer": network().usdc_issuer}
        assert (page["address"], page["minimum"]) == (address, "0.0000001")
        assert page["qr_svg"] == drawn(page["uri"])

    def test_an_amount_is_left_to_the_payer(self, people: People) -> None:
        ada = people.user("ada")
        people.wallet(ada)
        assert "amount" not in people.api.seen(f"users/{ada}/wallet/deposit")["uri"]

    def test_a_bad_amount_is_refused(self, people: People) -> None:
        ada = people.user("ada")
        people.api.made(f"users/{ada}/wallet")
        for amount in ("0", "-1", "1e3", "1.00000001", "", "abc", "9" * 20):
            answer = people.api.get(f"users/{ada}/wallet/deposit", params={"amount": amount})
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_AMOUNT")


def drawn(uri: str) -> str:
    """The code as it must be: black on white, with a quiet zone of four modules."""
    code = segno.make(uri, error="m", micro=False)
    side = (code.symbol_size(border=0)[0] + 8) * 4
    svg = str(code.svg_inline(scale=4, border=4, light="#fff", omitsize=True))
    assert f'viewBox="0 0 {side} {side}"' in svg
    return svg


class TestWallet:
    def test_there_is_none_before_it_is_asked_for(self, people: People) -> None:
        ada = people.user("ada")
        for path in ("wallet", "wallet/deposit", "wallet/transactions"):
            answer = people.api.get(f"users/{ada}/{path}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "WALLET_NOT_FOUND")

    def test_no_address_is_shown_before_the_chain_shows_it(self, people: People) -> None:
        ada = people.user("ada")
        answer = people.api.post(f"users/{ada}/wallet")
        assert (answer.status_code, answer.json()["status"]) == (202, "CREATING")
        assert answer.json()["address"] is None
        page = people.api.get(f"users/{ada}/wallet/deposit")
        assert (page.status_code, page.json()["error"]["code"]) == (409, "INVALID_STATE")
        assert page.headers["Retry-After"] == "2"
        people.worker.settle()
        again = people.api.post(f"users/{ada}/wallet")
        assert (again.status_code, again.json()["status"]) == (200, "READY")
        assert again.json()["address"].startswith("G")

    def test_another_marketplaces_user_is_not_there(
        self, people: People, stranger: Api, worker: Worker
    ) -> None:
        ada = people.user("ada")
        people.wallet(ada)
        for path in ("wallet", "wallet/deposit", "wallet/transactions"):
            assert stranger.get(f"users/{ada}/{path}").status_code == 404
        assert stranger.post(f"users/{ada}/wallet").status_code == 404

    def test_transactions_come_in_pages(self, people: People) -> None:
        ada = people.user("ada")
        address = people.wallet(ada)
        for amount in (1, 2, 3):
            pay_from_stranger(address, amount=amount * DOLLAR)
        feed.follow()
        first = people.api.seen(f"users/{ada}/wallet/transactions?limit=2")
        assert [one["amount"] for one in first["data"]] == ["3.00", "2.00"]
        second = people.api.seen(
            f"users/{ada}/wallet/transactions?limit=2&cursor={first['next_cursor']}"
        )
        assert [one["amount"] for one in second["data"]] == ["1.00"]

    def test_c23_a_wallet_whose_every_wake_up_was_lost_is_made_by_the_sweep(
        self, people: People, worker: Worker
    ) -> None:
        ada = people.user("ada")
        people.api.made(f"users/{ada}/wallet")
        for _ in range(6):
            worker.forget()
            clock.advance(seconds=11)
            sweeping.sweep()
            while worker.step():
                pass
        assert people.api.seen(f"users/{ada}/wallet")["status"] == "READY"

    def test_c24_a_wallet_that_somebody_else_has_opened_is_ready_with_its_trustline(
        self, people: People, live_server: Any
    ) -> None:
        """Its account is there, and its trustline is not: that one is sponsored alone."""
        ada = people.user("ada")
        people.api.made(f"users/{ada}/wallet")
        address = Wallet.across_books.get(holder=ada).address
        friendbot = f"{live_server.url}/simulators/stellar/friendbot"
        assert requests.get(friendbot, params={"addr": address}, timeout=20).ok
        assert people.api.seen(f"users/{ada}/wallet")["status"] == "CREATING"
        assert people.api.get(f"users/{ada}/wallet/deposit").status_code == 409
        clock.advance(seconds=11)
        people.worker.settle()
        shown = people.api.seen(f"users/{ada}/wallet")
        assert (shown["status"], shown["address"]) == ("READY", address)
        assert Submission.across_books.filter(purpose="wallet.trust").exists()


def test_stellar_toml_tells_everybody_and_names_no_wallet(people: People, live_server: Any) -> None:
    ada = people.user("ada")
    address = people.wallet(ada)
    answer = requests.get(f"{live_server.url}/.well-known/stellar.toml", timeout=20)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Content-Type"].startswith("text/plain")
    told = tomllib.loads(answer.text)
    assert told["NETWORK_PASSPHRASE"] == network().passphrase
    assert [(one["code"], one["issuer"]) for one in told["CURRENCIES"]] == [
        ("USDC", network().usdc_issuer)
    ]
    ours = [address, *Wallet.across_books.values_list("address", flat=True)]
    assert not any(each in answer.text for each in ours)
    assert "ACCOUNTS" not in told
    assert Keypair.from_public_key(told["CURRENCIES"][0]["issuer"])
