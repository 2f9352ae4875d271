"""What Horizon tells of the past: payments, pages, ledgers and contract transfers."""

from datetime import datetime, timedelta

import pytest
from stellar_sdk import Payment

from integrations.providers.stellar.networks import network
from integrations.simulators import clock
from integrations.simulators.stellar import genesis, gifts
from ledger.clock import now
from tests.integrations.simulators.stellar.chain import UNIT, Client, usdc_transfer, wallet


def closed_at(record: dict[str, str]) -> datetime:
    return datetime.fromisoformat(record["closed_at"])


def test_payments_are_read_page_by_page(chain: Client) -> None:
    ada = wallet()
    paid = [gifts.pay_from_stranger(ada.public_key, amount=n * UNIT).hash for n in range(1, 6)]
    builder = chain.server.payments().for_account(ada.public_key).limit(2).order(desc=False)
    seen, page = [], builder.call()
    while records := page["_embedded"]["records"]:
        seen += [(record["transaction_hash"], record["amount"]) for record in records]
        page = builder.next()
    assert seen == [(tx, f"{n}.0000000") for n, tx in enumerate(paid, start=1)]


def test_an_empty_page_is_continued_where_it_ended(chain: Client) -> None:
    ada = wallet()
    gifts.pay_from_stranger(ada.public_key, amount=UNIT)
    builder = chain.server.payments().for_account(ada.public_key).limit(5)
    builder.call()
    assert builder.next()["_embedded"]["records"] == []
    gifts.pay_from_stranger(ada.public_key, amount=2 * UNIT)
    assert [each["amount"] for each in builder.next()["_embedded"]["records"]] == ["2.0000000"]


def test_now_is_a_cursor(chain: Client) -> None:
    ada = wallet()
    gifts.pay_from_stranger(ada.public_key, amount=UNIT)
    builder = chain.server.payments().cursor("now")
    assert builder.call()["_embedded"]["records"] == []


def test_a_payment_names_asset_parties_and_transaction(chain: Client) -> None:
    ada = wallet()
    paid = gifts.pay_from_stranger(ada.public_key, amount=15_000_000)
    record = chain.server.payments().order().limit(1).call()["_embedded"]["records"][0]
    assert record["type"] == "payment"
    assert record["transaction_successful"] is True
    assert (record["from"], record["to"]) == (genesis.STRANGER.public_key, ada.public_key)
    assert (record["asset_code"], record["asset_issuer"]) == ("USDC", network().usdc_issuer)
    assert record["amount"] == "1.5000000"
    assert record["transaction_hash"] == paid.hash
    assert chain.server.operations().operation(record["id"]).call()["id"] == record["id"]


def test_failed_payments_are_not_listed(chain: Client) -> None:
    ada, ben = wallet(usdc=1), wallet()
    envelope = chain.build(ada, Payment(ben.public_key, network().usdc, "2"))
    envelope.sign(ada)
    chain.refusal(envelope)
    assert not chain.server.payments().for_account(ben.public_key).call()["_embedded"]["records"]
    failed = chain.server.operations().for_transaction(envelope.hash_hex()).call()
    assert failed["_embedded"]["records"][0]["transaction_successful"] is False


def test_a_contract_transfer_is_a_payment_with_balance_changes(chain: Client) -> None:
    ada, ben = wallet(usdc=5), wallet()
    envelope = usdc_transfer(chain, ada, ben.public_key, 2 * UNIT)
    envelope.sign(ada)
    chain.submit(envelope)
    assert chain.usdc(ben.public_key) == 2 * UNIT
    (record,) = chain.server.payments().for_account(ben.public_key).call()["_embedded"]["records"]
    assert record["type"] == "invoke_host_function"
    assert record["asset_balance_changes"] == [
        {
            "asset_type": "credit_alphanum4",
            "asset_code": "USDC",
            "asset_issuer": network().usdc_issuer,
            "type": "transfer",
            "from": ada.public_key,
            "to": ben.public_key,
            "amount": "2.0000000",
        }
    ]


def test_nobody_transfers_for_somebody_else(chain: Client) -> None:
    ada, eve = wallet(usdc=5), wallet()
    envelope = usdc_transfer(chain, ada, eve.public_key, UNIT)
    envelope.transaction.source = chain.build(eve).transaction.source
    envelope.transaction.sequence = chain.build(eve).transaction.sequence
    envelope.sign(eve)
    assert chain.refusal(envelope)["operations"] == ["function_trapped"]
    assert chain.usdc(ada.public_key) == 5 * UNIT


def test_the_latest_ledger_follows_the_clock(chain: Client) -> None:
    def latest() -> dict[str, str]:
        return chain.server.ledgers().order().limit(1).call()["_embedded"]["records"][0]

    before = latest()
    clock.advance(seconds=3600)
    after = latest()
    assert int(after["sequence"]) >= int(before["sequence"]) + 719
    assert closed_at(after) - closed_at(before) >= timedelta(minutes=59)
    assert timedelta(0) <= now() - closed_at(after) < timedelta(seconds=6)


def test_ledgers_are_numbered_without_gaps(chain: Client) -> None:
    clock.advance(seconds=23)
    gifts.pay_from_stranger(wallet().public_key, amount=UNIT)
    clock.advance(seconds=12)
    records = chain.server.ledgers().limit(100).call()["_embedded"]["records"]
    numbers = [record["sequence"] for record in records]
    times = [closed_at(record) for record in records]
    assert numbers == list(range(1, len(numbers) + 1))
    assert times == sorted(set(times))
    assert sum(record["successful_transaction_count"] for record in records) == 1


def test_time_never_goes_back(db: None) -> None:
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(seconds=-1)


def test_the_root_names_the_network(chain: Client) -> None:
    assert chain.server.root().call()["network_passphrase"] == network().passphrase
    assert chain.server.fetch_base_fee() == 100
    assert chain.server.fee_stats().call()["max_fee"]["p95"] == "100"
