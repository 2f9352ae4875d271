"""What the network refuses, what it applies, and what a second submission answers."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from stellar_sdk import (
    Asset,
    Keypair,
    MuxedAccount,
    Network,
    Payment,
    TransactionBuilder,
    TransactionEnvelope,
)
from stellar_sdk.exceptions import BadRequestError, NotFoundError
from stellar_sdk.xdr import TransactionResult, TransactionResultCode

from integrations.providers.stellar.networks import network
from integrations.simulators import clock
from integrations.simulators.models import StellarAccount
from tests.integrations.simulators.stellar.chain import UNIT, Client, wallet

USDC = network().usdc


def payment(target: Keypair, amount: str = "1", asset: Asset = USDC) -> Payment:
    return Payment(target.public_key, asset, amount)


def test_a_payment_moves_the_amount_to_the_last_stroop(chain: Client) -> None:
    ada, ben = wallet(usdc=10), wallet()
    chain.send(ada, payment(ben, "0.0000001"))
    assert chain.usdc(ben.public_key) == 1
    assert chain.usdc(ada.public_key) == 10 * UNIT - 1


def test_the_same_envelope_is_applied_once(chain: Client) -> None:
    ada, ben = wallet(usdc=10), wallet()
    envelope = chain.build(ada, payment(ben))
    envelope.sign(ada)
    first, second = chain.submit(envelope), chain.submit(envelope)
    assert first["hash"] == second["hash"]
    assert first["ledger"] == second["ledger"]
    assert chain.usdc(ben.public_key) == UNIT


def test_twenty_submissions_at_once_are_one_payment(chain: Client) -> None:
    ada, ben = wallet(usdc=10), wallet()
    envelope = chain.build(ada, payment(ben))
    envelope.sign(ada)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(chain.submit, [envelope] * 20))
    assert {answer["hash"] for answer in answers} == {envelope.hash_hex()}
    assert chain.usdc(ben.public_key) == UNIT


def test_parallel_senders_all_get_a_ledger_of_their_own(chain: Client) -> None:
    senders, ben = [wallet(usdc=1) for _ in range(8)], wallet()
    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda sender: chain.send(sender, payment(ben)), senders))
    assert len({each["ledger"] for each in sent}) == 8
    by_number = sorted(sent, key=lambda each: each["ledger"])
    times = [each["created_at"] for each in by_number]
    assert times == sorted(times)
    assert len(set(times)) == 8
    assert chain.usdc(ben.public_key) == 8 * UNIT


@pytest.mark.parametrize(
    ("amount", "lines", "code"), [("11", 1, "op_underfunded"), ("1", 0, "op_no_trust")]
)
def test_a_failed_payment_costs_its_fee_and_moves_nothing(
    chain: Client, amount: str, lines: int, code: str
) -> None:
    ada, ben = wallet(usdc=10), wallet()
    if not lines:
        StellarAccount.objects.get(address=ben.public_key).trustlines.all().delete()
    before = chain.xlm(ada.public_key)
    envelope = chain.build(ada, payment(ben, "2"), payment(ben, amount))
    envelope.sign(ada)
    codes = chain.refusal(envelope)
    assert codes["transaction"] == "tx_failed"
    assert codes["operations"][-1] == code
    assert chain.usdc(ada.public_key) == 10 * UNIT
    assert before - chain.xlm(ada.public_key) == 200
    stored = chain.server.transactions().transaction(envelope.hash_hex()).call()
    assert stored["successful"] is False
    assert chain.refusal(envelope) == codes  # asked again, the stored answer
    assert chain.build(ada, payment(ben)).transaction.sequence == (
        envelope.transaction.sequence + 1
    )


def test_a_payment_needs_a_destination(chain: Client) -> None:
    ada = wallet(usdc=10)
    envelope = chain.build(ada, payment(Keypair.random()))
    envelope.sign(ada)
    assert chain.refusal(envelope)["operations"] == ["op_no_destination"]


def test_the_result_xdr_says_the_same(chain: Client) -> None:
    ada, ben = wallet(usdc=1), wallet()
    envelope = chain.build(ada, payment(ben, "2"))
    envelope.sign(ada)
    with pytest.raises(BadRequestError) as refused:
        chain.submit(envelope)
    result = TransactionResult.from_xdr(refused.value.extras["result_xdr"])
    assert result.result.code == TransactionResultCode.txFAILED
    assert result.fee_charged.int64 == 100


def test_time_bounds_are_kept(chain: Client) -> None:
    ada, ben = wallet(usdc=10), wallet()
    early = chain.build(ada, payment(ben), starts_in=50)
    late = chain.build(ada, payment(ben), expires_in=10)
    for envelope in (early, late):
        envelope.sign(ada)
    assert chain.refusal(early) == {"transaction": "tx_too_early"}
    clock.advance(seconds=11)
    assert chain.refusal(late) == {"transaction": "tx_too_late"}
    with pytest.raises(NotFoundError):
        chain.server.transactions().transaction(late.hash_hex()).call()


@pytest.mark.parametrize("skip", [-1, 1])
def test_the_sequence_is_the_next_one(chain: Client, skip: int) -> None:
    ada, ben = wallet(usdc=10), wallet()
    envelope = chain.build(ada, payment(ben), sequence_skip=skip)
    envelope.sign(ada)
    assert chain.refusal(envelope) == {"transaction": "tx_bad_seq"}


def test_signatures_are_verified(chain: Client) -> None:
    ada, ben = wallet(usdc=10), wallet()
    envelope = chain.build(ada, payment(ben))
    assert chain.refusal(envelope) == {"transaction": "tx_bad_auth"}
    envelope.sign(ben)
    assert chain.refusal(envelope) == {"transaction": "tx_bad_auth"}
    envelope.sign(ada)
    assert chain.refusal(envelope) == {"transaction": "tx_bad_auth_extra"}


def test_a_signature_for_another_network_is_none(chain: Client) -> None:
    ada, ben = wallet(usdc=10), wallet()
    envelope = chain.build(ada, payment(ben))
    elsewhere = TransactionEnvelope(envelope.transaction, Network.TESTNET_NETWORK_PASSPHRASE)
    elsewhere.sign(ada)
    envelope.signatures = elsewhere.signatures
    assert chain.refusal(envelope) == {"transaction": "tx_bad_auth"}


def test_an_operation_needs_its_own_source_to_sign(chain: Client) -> None:
    ada, ben = wallet(usdc=10), wallet(usdc=10)
    theft = Payment(ada.public_key, USDC, "10", source=ben.public_key)
    envelope = chain.build(ada, theft)
    envelope.sign(ada)
    assert chain.refusal(envelope) == {"transaction": "tx_failed", "operations": ["op_bad_auth"]}


def test_fees_have_a_floor(chain: Client) -> None:
    ada, ben = wallet(usdc=10), wallet()
    envelope = chain.build(ada, payment(ben), payment(ben))
    envelope.transaction.fee = 199
    envelope.sign(ada)
    assert chain.refusal(envelope) == {"transaction": "tx_insufficient_fee"}


def test_a_fee_bump_is_found_by_both_hashes(chain: Client) -> None:
    ada, ben, payer = wallet(usdc=10), wallet(), wallet()
    inner = chain.build(ada, payment(ben))
    inner.sign(ada)
    outer = chain.bumped(inner, payer)
    sent = chain.submit(outer)
    for tx_hash in (inner.hash_hex(), outer.hash_hex()):
        found = chain.server.transactions().transaction(tx_hash).call()
        assert found["hash"] == tx_hash
        assert found["ledger"] == sent["ledger"]
        assert found["inner_transaction"]["hash"] == inner.hash_hex()
        assert found["fee_bump_transaction"]["hash"] == outer.hash_hex()


def test_of_two_fee_bumps_around_one_transaction_one_applies(chain: Client) -> None:
    ada, ben, payer = wallet(usdc=10), wallet(), wallet()
    inner = chain.build(ada, payment(ben))
    inner.sign(ada)
    dearer = TransactionBuilder.build_fee_bump_transaction(payer, 500, inner, network().passphrase)
    dearer.sign(payer)
    chain.submit(chain.bumped(inner, payer))
    assert chain.refusal(dearer) == {
        "transaction": "tx_fee_bump_inner_failed",
        "inner_transaction": "tx_bad_seq",
    }
    assert chain.usdc(ben.public_key) == UNIT


def test_a_failed_operation_inside_a_fee_bump_costs_the_payer(chain: Client) -> None:
    ada, ben, payer = wallet(usdc=1), wallet(), wallet()
    inner = chain.build(ada, payment(ben, "2"))
    inner.sign(ada)
    before = chain.xlm(payer.public_key)
    assert chain.refusal(chain.bumped(inner, payer)) == {
        "transaction": "tx_fee_bump_inner_failed",
        "inner_transaction": "tx_failed",
        "operations": ["op_underfunded"],
    }
    assert before - chain.xlm(payer.public_key) == 200


def test_a_fee_bump_needs_its_payer_to_sign(chain: Client) -> None:
    ada, ben, payer = wallet(usdc=1), wallet(), wallet()
    inner = chain.build(ada, payment(ben))
    inner.sign(ada)
    outer = chain.bumped(inner, payer)
    outer.signatures.clear()
    outer.sign(ben)
    assert chain.refusal(outer) == {"transaction": "tx_bad_auth"}


@pytest.mark.parametrize("garbage", ["", "AAAA", "not base64!", "AAAAAgAAAAA="])
def test_garbage_is_malformed(chain: Client, garbage: str) -> None:
    answer = requests.post(f"{chain.server.horizon_url}/transactions", {"tx": garbage}, timeout=20)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith("transaction_malformed")


def test_a_muxed_destination_credits_its_account(chain: Client) -> None:
    ada, ben = wallet(usdc=1), wallet()
    muxed = MuxedAccount(ben.public_key, 77)
    sent = chain.send(ada, Payment(muxed, USDC, "1"))
    record = chain.server.operations().for_transaction(sent["hash"]).call()
    shown = record["_embedded"]["records"][0]
    assert (shown["to"], shown["to_muxed_id"]) == (ben.public_key, "77")
    assert chain.usdc(ben.public_key) == UNIT
