"""Accounts, reserves and sponsorship."""

import pytest
import requests
from stellar_sdk import (
    BeginSponsoringFutureReserves,
    ChangeTrust,
    CreateAccount,
    EndSponsoringFutureReserves,
    Keypair,
    Payment,
)
from stellar_sdk.exceptions import BadRequestError, NotFoundError

from integrations.providers.stellar.networks import network
from integrations.simulators.models import StellarTrustline
from integrations.simulators.stellar import genesis
from tests.integrations.simulators.stellar.chain import UNIT, Client, wallet


def sponsored_wallet(chain: Client, sponsor: Keypair) -> Keypair:
    """A wallet with 0 XLM and a USDC trustline, all reserves paid by `sponsor`."""
    key = Keypair.random()
    chain.send(
        sponsor,
        BeginSponsoringFutureReserves(key.public_key),
        CreateAccount(key.public_key, "0"),
        ChangeTrust(network().usdc, source=key.public_key),
        EndSponsoringFutureReserves(source=key.public_key),
        also=(key,),
    )
    return key


def test_a_wallet_without_xlm_is_sponsored(chain: Client) -> None:
    sponsor = wallet()
    key = sponsored_wallet(chain, sponsor)
    made = chain.server.accounts().account_id(key.public_key).call()
    paid = chain.server.accounts().account_id(sponsor.public_key).call()
    assert (made["num_sponsored"], made["subentry_count"], made["sponsor"]) == (
        3,
        1,
        sponsor.public_key,
    )
    assert made["balances"][0]["sponsor"] == sponsor.public_key
    assert made["balances"][-1]["balance"] == "0.0000000"
    assert paid["num_sponsoring"] == 3


def test_a_wallet_without_xlm_acts_through_a_fee_bump(chain: Client) -> None:
    sponsor, target = wallet(), wallet()
    key = sponsored_wallet(chain, sponsor)
    StellarTrustline.objects.filter(account_id=key.public_key).update(balance=5 * UNIT)
    inner = chain.build(key, Payment(target.public_key, network().usdc, "3"))
    inner.sign(key)
    assert chain.refusal(inner) == {"transaction": "tx_insufficient_balance"}
    before = chain.xlm(sponsor.public_key)
    sent = chain.submit(chain.bumped(inner, sponsor))
    assert sent["successful"]
    assert sent["fee_account"] == sponsor.public_key
    assert chain.usdc(target.public_key) == 3 * UNIT
    assert before - chain.xlm(sponsor.public_key) == 200
    assert chain.xlm(key.public_key) == 0


def test_a_sponsor_needs_the_reserves_itself(chain: Client) -> None:
    sponsor, key = wallet(xlm=2), Keypair.random()
    envelope = chain.build(
        sponsor,
        BeginSponsoringFutureReserves(key.public_key),
        CreateAccount(key.public_key, "0"),
        EndSponsoringFutureReserves(source=key.public_key),
    )
    for signer in (sponsor, key):
        envelope.sign(signer)
    assert chain.refusal(envelope)["operations"] == ["op_success", "op_low_reserve", "op_success"]
    with pytest.raises(NotFoundError):
        chain.server.load_account(key.public_key)


def test_a_sponsorship_must_be_ended(chain: Client) -> None:
    sponsor, key = wallet(), Keypair.random()
    envelope = chain.build(
        sponsor,
        BeginSponsoringFutureReserves(key.public_key),
        CreateAccount(key.public_key, "0"),
    )
    envelope.sign(sponsor)
    assert chain.refusal(envelope) == {"transaction": "tx_bad_sponsorship"}


def test_an_account_needs_two_reserves_and_a_trustline_one_more(chain: Client) -> None:
    rich, key = wallet(), Keypair.random()
    poor = chain.build(rich, CreateAccount(key.public_key, "0.9999999"))
    poor.sign(rich)
    assert chain.refusal(poor)["operations"] == ["op_low_reserve"]
    chain.send(rich, CreateAccount(key.public_key, "1.0001"))
    trust = chain.build(key, ChangeTrust(network().usdc))
    trust.sign(key)
    assert chain.refusal(trust)["operations"] == ["op_low_reserve"]


def test_an_account_is_created_once(chain: Client) -> None:
    rich, other = wallet(), wallet()
    again = chain.build(rich, CreateAccount(other.public_key, "5"))
    again.sign(rich)
    assert chain.refusal(again)["operations"] == ["op_already_exists"]


def test_a_trustline_closes_only_when_empty(chain: Client) -> None:
    key = wallet(usdc=1)
    close = chain.build(key, ChangeTrust(network().usdc, "0"))
    close.sign(key)
    assert chain.refusal(close)["operations"] == ["op_invalid_limit"]
    chain.send(
        key,
        Payment(genesis.STRANGER.public_key, network().usdc, "1"),
        ChangeTrust(network().usdc, "0"),
    )
    assert chain.usdc(key.public_key) == -1
    assert chain.server.accounts().account_id(key.public_key).call()["subentry_count"] == 0


def test_friendbot_gives_once(chain: Client) -> None:
    key = Keypair.random().public_key
    url = f"{chain.server.horizon_url}/friendbot"
    assert requests.get(url, {"addr": key}, timeout=20).json()["successful"]
    assert chain.xlm(key) == 10_000 * UNIT
    assert requests.get(url, {"addr": key}, timeout=20).status_code == 400


def test_an_address_that_is_none_is_a_bad_request(chain: Client) -> None:
    with pytest.raises(BadRequestError):
        chain.server.accounts().account_id("GABC").call()


def test_genesis_is_the_same_twice(chain: Client) -> None:
    key = wallet(xlm=10, usdc=7)
    genesis.begin()
    genesis.open_account(key.public_key, xlm=99 * UNIT, usdc=99 * UNIT)
    assert (chain.xlm(key.public_key), chain.usdc(key.public_key)) == (10 * UNIT, 7 * UNIT)
