"""Horizon's payments in our words: exact, and refused whole where anything is not as promised."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.providers import exactjson
from integrations.providers.ports import Observed
from integrations.providers.stellar import feed_mapping
from integrations.providers.stellar.mapping import Unreadable
from ledger.money import LARGEST
from tests.integrations.providers.stellar.scripted import (
    SOMEBODY,
    change,
    contract_call,
    page,
    path_payment,
    payment,
    record,
)

ADA, BEN = "GADA", "GBEN"


def read(*records: Any, after: int = 0) -> list[Observed]:
    """As it comes in: through JSON."""
    body = exactjson.read(json.dumps(page(*records)))
    return list(feed_mapping.page(body, after=after).movements)


def test_a_payment() -> None:
    [seen] = read(payment(ADA, "12.3456789"))
    assert (seen.source, seen.target, seen.amount, seen.asset) == (
        SOMEBODY, ADA, 123_456_789, "USDC",
    )  # fmt: skip
    assert (seen.ledger, seen.closed_at) == (1_000, datetime(2026, 1, 31, 12, tzinfo=UTC))


def test_a_path_payment_has_two_amounts() -> None:
    [seen] = read(path_payment(ADA, "3.0000000", sent="25.0000000"))
    assert (seen.amount, seen.asset, seen.sent, seen.sent_asset) == (
        30_000_000, "USDC", 250_000_000, "XLM",
    )  # fmt: skip


def test_changes_of_one_call_are_counted_from_zero() -> None:
    seen = read(contract_call(change("transfer", to=ADA, **{"from": BEN}), change("mint", to=ADA)))
    assert [(each.index, each.kind, each.source) for each in seen] == [
        (0, "TRANSFER", BEN), (1, "MINT", ""),
    ]  # fmt: skip


def test_a_merge_is_told_without_an_amount() -> None:
    [seen] = read(record("account_merge", account=BEN, into=ADA))
    assert (seen.kind, seen.source, seen.target, seen.amount) == ("MERGE", BEN, ADA, 0)


def test_the_first_xlm_of_a_sponsored_account_is_none() -> None:
    nothing = {"funder": BEN, "account": ADA, "starting_balance": "0.0000000"}
    assert read(record("create_account", **nothing)) == []


def test_a_fee_bump_is_known_by_both_hashes() -> None:
    bumped = payment(ADA)
    bumped["transaction"]["inner_transaction"] = {"hash": "1" * 64}
    [seen] = read(bumped)
    assert (seen.tx_hash, seen.inner_hash) == (bumped["transaction_hash"], "1" * 64)


@given(amount=st.integers(min_value=1, max_value=LARGEST))
def test_every_amount_of_the_chain_is_read_to_the_stroop(amount: int) -> None:
    whole, fraction = divmod(amount, 10**7)
    [seen] = read(payment(ADA, f"{whole}.{fraction:07}"))
    assert seen.amount == amount


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in payment(ADA).items() if key != name}


def with_transaction(**facts: Any) -> dict[str, Any]:
    paid = payment(ADA)
    paid["transaction"] |= facts
    return paid


LIES: dict[str, Any] = {
    "an amount above the chain's maximum": lambda: payment(ADA, "922337203685.4775808"),
    "an amount as a float": lambda: payment(ADA, 1.5),
    "an amount as a number": lambda: payment(ADA, 1),
    "a negative amount": lambda: payment(ADA, "-1.0000000"),
    "half a stroop": lambda: payment(ADA, "0.00000005"),
    "no number": lambda: payment(ADA, "NaN"),
    "endless": lambda: payment(ADA, "Infinity"),
    "no id": lambda: without("id"),
    "no place": lambda: without("paging_token"),
    "an id that is not its place": lambda: payment(ADA, id="1"),
    "a place that is no number": lambda: payment(ADA, id="x", paging_token="x"),
    "a place beyond all numbers": lambda: payment(ADA, id="9" * 30, paging_token="9" * 30),
    "no transaction": lambda: without("transaction"),
    "another transaction": lambda: with_transaction(hash="0" * 64),
    "a time without a zone": lambda: with_transaction(created_at="2026-01-31T12:00:00"),
    "a memo that is no text": lambda: with_transaction(memo=["x"]),
    "neither success nor failure": lambda: payment(ADA, transaction_successful="yes"),
    "no sender": lambda: without("from"),
    "no asset": lambda: without("asset_type"),
    "a target that is no text": lambda: payment(5),  # type: ignore[arg-type]
    "a change of no known kind": lambda: contract_call(change("gift", to=ADA)),
    "no object": lambda: "a record",
}


@pytest.mark.parametrize("what", LIES)
def test_one_lie_makes_a_page_unreadable(what: str) -> None:
    with pytest.raises(Unreadable):
        read(payment(BEN), LIES[what](), payment(BEN))


def test_records_climb() -> None:
    first, second = payment(ADA), payment(BEN)
    with pytest.raises(Unreadable, match="comes behind"):
        read(second, first)
    with pytest.raises(Unreadable, match="comes behind"):
        read(first, first)
    with pytest.raises(Unreadable, match="comes behind"):
        read(first, after=int(first["id"]))


@pytest.mark.parametrize("body", [None, [], {}, {"_embedded": {}}, {"_embedded": {"records": 3}}])
def test_what_is_no_page_is_unreadable(body: Any) -> None:
    with pytest.raises(Unreadable):
        feed_mapping.page(body, after=0)
