"""What goes wrong when it is told to: lost answers, lag, throttling, surges, lost history."""

import pytest
import requests
from stellar_sdk import BumpSequence, Keypair, Payment
from stellar_sdk.exceptions import (
    BadRequestError,
    BadResponseError,
    ConnectionError,
    NotFoundError,
    SdkError,
)

from integrations.providers.stellar.networks import network
from integrations.simulators import clock, switches
from integrations.simulators.models import Fault
from integrations.simulators.stellar import faults, gifts
from tests.integrations.simulators.stellar.chain import (
    UNIT,
    Client,
    payments_of,
    usdc_transfer,
    wallet,
)

USDC = network().usdc


def switch_on(name: str, *, times: int = 1, **options: int) -> None:
    switches.turn("stellar", name, times=times, options=options)


def signed(chain: Client, ada: Keypair, ben: Keypair, amount: str = "1"):
    envelope = chain.build(ada, Payment(ben.public_key, USDC, amount))
    envelope.sign(ada)
    return envelope


@pytest.mark.parametrize(
    ("name", "applied"),
    [
        (faults.TIMEOUT_BEFORE, False),
        (faults.TIMEOUT_AFTER, True),
        (faults.DROPPED_BEFORE, False),
        (faults.DROPPED_AFTER, True),
    ],
)
def test_a_lost_answer_says_nothing_and_the_same_bytes_pay_once(chain, name, applied):
    ada, ben = wallet(usdc=5), wallet()
    envelope = signed(chain, ada, ben)
    switch_on(name)
    with pytest.raises((BadResponseError, ConnectionError, ValueError)) as lost:
        chain.submit(envelope)
    if isinstance(lost.value, BadResponseError):
        assert (lost.value.status, lost.value.extras["hash"]) == (504, envelope.hash_hex())
    assert chain.usdc(ben.public_key) == (UNIT if applied else 0)
    assert chain.submit(envelope)["hash"] == envelope.hash_hex()
    assert chain.usdc(ben.public_key) == UNIT
    assert not Fault.objects.exists()


def test_what_was_applied_may_be_answered_with_bad_seq(chain):
    ada, ben = wallet(usdc=5), wallet()
    envelope = signed(chain, ada, ben)
    chain.submit(envelope)
    switch_on(faults.BAD_SEQ_AGAIN)
    assert chain.refusal(envelope) == {"transaction": "tx_bad_seq"}
    assert chain.server.transactions().transaction(envelope.hash_hex()).call()["successful"]
    assert chain.usdc(ben.public_key) == UNIT


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        (faults.TOO_MANY_REQUESTS, 429, "rate_limit_exceeded"),
        (faults.STILL_INGESTING, 503, "still_ingesting"),
        (faults.STALE_HISTORY, 503, "stale_history"),
    ],
)
def test_reads_are_refused(chain, name, status, kind):
    switch_on(name, times=2)
    for path in ("/payments", "/ledgers"):
        answer = requests.get(chain.server.horizon_url.rstrip("/") + path, timeout=20)
        assert answer.status_code == status
        assert answer.json()["type"].endswith(kind)
    assert chain.server.payments().call()


def test_a_lagging_history_catches_up(chain):
    ada = wallet()
    clock.advance(seconds=100)
    switch_on(faults.LAGGING_INGESTION, seconds=60)
    paid = gifts.pay_from_stranger(ada.public_key, amount=UNIT)
    assert chain.usdc(ada.public_key) == UNIT
    with pytest.raises(NotFoundError):
        chain.server.transactions().transaction(paid.hash).call()
    assert payments_of(chain, ada) == []
    newest = chain.server.ledgers().order().limit(1).call()["_embedded"]["records"][0]
    assert newest["sequence"] < paid.ledger_id
    assert chain.server.root().call()["history_latest_ledger"] == newest["sequence"]
    clock.advance(seconds=61)
    assert chain.server.transactions().transaction(paid.hash).call()["hash"] == paid.hash
    assert (
        len(chain.server.payments().for_account(ada.public_key).call()["_embedded"]["records"]) == 1
    )


def test_a_surge_asks_for_higher_bids_and_charges_them(chain):
    ada, ben, payer = wallet(usdc=5), wallet(), wallet()
    switch_on(faults.FEE_SURGE, base_fee=5_000)
    assert chain.server.fetch_base_fee() == 5_000
    assert chain.server.fee_stats().call()["max_fee"]["p95"] == "5000"
    inner = signed(chain, ada, ben)
    assert chain.refusal(inner) == {"transaction": "tx_insufficient_fee"}
    assert chain.refusal(chain.bumped(inner, payer)) == {"transaction": "tx_insufficient_fee"}
    dearer = chain.bumped(inner, payer, base_fee=5_000)
    assert chain.submit(dearer)["fee_charged"] == "10000"
    assert chain.usdc(ben.public_key) == UNIT


@pytest.mark.parametrize("order", [True, False])
def test_history_that_is_gone_is_gone(chain, order):
    ada = wallet()
    old = gifts.pay_from_stranger(ada.public_key, amount=UNIT)
    clock.advance(seconds=7_200)
    gifts.pay_from_stranger(ada.public_key, amount=2 * UNIT)
    switch_on(faults.BEFORE_HISTORY)
    with pytest.raises(BadRequestError) as gone:
        chain.server.payments().cursor(old.id).order(desc=order).call()
    assert (gone.value.status, gone.value.type.rpartition("/")[2]) == (410, "before_history")
    with pytest.raises(SdkError):
        chain.server.transactions().transaction(old.hash).call()


def test_pruned_history_begins_silently_where_the_root_says(chain):
    ada = wallet()
    old = gifts.pay_from_stranger(ada.public_key, amount=UNIT)
    clock.advance(seconds=7_200)
    gifts.pay_from_stranger(ada.public_key, amount=2 * UNIT)
    switch_on(faults.PRUNED_HISTORY)
    records = chain.server.payments().cursor(old.id - 1).call()["_embedded"]["records"]
    assert [each["amount"] for each in records] == ["2.0000000"]
    assert chain.server.root().call()["history_elder_ledger"] > old.ledger_id + 1
    with pytest.raises(BadRequestError):
        chain.server.payments().cursor(old.id).order(desc=True).call()


def test_a_contract_may_be_archived(chain):
    ada, ben = wallet(usdc=5), wallet()
    switch_on(faults.ENTRY_ARCHIVED)
    envelope = usdc_transfer(chain, ada, ben.public_key, UNIT)
    envelope.sign(ada)
    assert chain.refusal(envelope)["operations"] == ["entry_archived"]
    assert chain.usdc(ada.public_key) == 5 * UNIT


def test_the_asynchronous_way_in_says_what_it_knows(chain):
    ada, ben = wallet(usdc=5), wallet()
    envelope = signed(chain, ada, ben)
    switch_on(faults.TRY_AGAIN_LATER)

    def send(what) -> tuple[int, str]:
        url = f"{chain.server.horizon_url.rstrip('/')}/transactions_async"
        answer = requests.post(url, {"tx": what.to_xdr()}, timeout=20)
        return answer.status_code, answer.json()["tx_status"]

    assert [send(envelope) for _ in range(3)] == [
        (503, "TRY_AGAIN_LATER"), (201, "PENDING"), (409, "DUPLICATE"),
    ]  # fmt: skip
    stale = chain.build(ada, BumpSequence(1), sequence_skip=5)
    stale.sign(ada)
    assert send(stale) == (400, "ERROR")
    assert chain.usdc(ben.public_key) == UNIT
