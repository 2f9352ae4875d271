"""Horizon's answers, in our words: done, declined, unclear – and exact."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.providers.answers import NOT_FOUND, Declined, Done, Unclear
from integrations.providers.ports import Movement
from integrations.providers.stellar import mapping
from integrations.providers.stellar.adapter import Horizon
from integrations.providers.stellar.networks import network
from tests.integrations.providers.stub import Stub, running

pytestmark = pytest.mark.django_db

HASH = "ab" * 32


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running() as stub:
        yield stub


@pytest.fixture
def horizon(stub: Stub) -> Horizon:
    return Horizon(base_url=stub.url)


def say(stub: Stub, *answers: tuple[int, Any]) -> None:
    stub.answers = [(status, json.dumps(body).encode()) for status, body in answers]


def usdc(**members: str) -> dict[str, str]:
    return {"asset_code": "USDC", "asset_issuer": network().usdc_issuer, **members}


def found(**members: Any) -> dict[str, Any]:
    return {
        "hash": "cd" * 32,
        "inner_transaction": {"hash": HASH},
        "ledger": 12,
        "created_at": "2026-03-01T12:00:00Z",
        "successful": True,
        **members,
    }


def page(*records: Any) -> dict[str, Any]:
    return {"_embedded": {"records": list(records)}}


def test_an_account_is_read_to_the_stroop(horizon: Horizon, stub: Stub) -> None:
    balances = [
        usdc(asset_type="credit_alphanum4", balance="922337203685.4775807"),
        {
            "asset_type": "credit_alphanum4",
            "asset_code": "USDC",
            "asset_issuer": "GX",
            "balance": "5",
        },
        {"asset_type": "native", "balance": "0.0000001"},
    ]
    say(stub, (200, {"account_id": "GA", "sequence": "9007199254740993", "balances": balances}))
    answer = horizon.account("GA")
    assert isinstance(answer, Done)
    assert (answer.value.usdc, answer.value.xlm) == (2**63 - 1, 1)
    assert answer.value.sequence == 9007199254740993
    assert answer.value.trusts_usdc


def test_only_horizons_own_404_says_that_nothing_is_there(horizon: Horizon, stub: Stub) -> None:
    say(stub, (404, {"type": ".../not_found", "status": 404, "title": "Resource Missing"}))
    assert horizon.find(HASH) == Declined(NOT_FOUND, "Resource Missing")
    stub.answers = [(404, b"<html>no such route</html>")]
    assert isinstance(horizon.find(HASH), Unclear)


@pytest.mark.parametrize("status", [301, 400, 410, 429, 500, 503, 504])
def test_anything_else_is_unclear(horizon: Horizon, stub: Stub, status: int) -> None:
    say(stub, (status, {"status": status, "title": "no"}))
    assert isinstance(horizon.find(HASH), Unclear)
    assert isinstance(horizon.submit("AAAA"), Unclear)


def test_silence_is_unclear(horizon: Horizon, stub: Stub) -> None:
    stub.hangs_up = True
    for answer in (horizon.find(HASH), horizon.submit("AAAA"), horizon.latest_ledger()):
        assert isinstance(answer, Unclear)


@pytest.mark.parametrize("body", [{}, [], None, {"successful": "true"}, {"successful": True}])
def test_an_unreadable_answer_is_unclear(horizon: Horizon, stub: Stub, body: Any) -> None:
    say(stub, (200, body))
    for answer in (horizon.find(HASH), horizon.submit("AAAA"), horizon.account("GA")):
        assert isinstance(answer, Unclear)


@pytest.mark.parametrize(
    ("codes", "word"),
    [
        ({"transaction": "tx_bad_seq"}, "tx_bad_seq"),
        (
            {"transaction": "tx_failed", "operations": ["op_success", "op_no_trust"]},
            "tx_failed/op_no_trust",
        ),
        (
            {
                "transaction": "tx_fee_bump_inner_failed",
                "inner_transaction": "tx_failed",
                "operations": ["op_underfunded"],
            },
            "tx_failed/op_underfunded",
        ),
        ({"transaction": "tx_insufficient_fee"}, "tx_insufficient_fee"),
    ],
)
def test_a_refused_submission_says_why(
    horizon: Horizon, stub: Stub, codes: dict[str, Any], word: str
) -> None:
    say(stub, (400, {"title": "Transaction Failed", "extras": {"result_codes": codes}}))
    assert horizon.submit("AAAA") == Declined(word, "Transaction Failed")


def test_a_malformed_submission_says_so(horizon: Horizon, stub: Stub) -> None:
    kind = "https://stellar.org/horizon-errors/transaction_malformed"
    say(stub, (400, {"type": kind, "title": "Transaction Malformed"}))
    assert horizon.submit("AAAA") == Declined(mapping.MALFORMED, "Transaction Malformed")


def test_an_envelope_is_handed_in_as_a_form(horizon: Horizon, stub: Stub) -> None:
    say(stub, (200, {"hash": HASH}))
    assert horizon.submit("AA+/=") == Done(HASH)
    assert stub.asked[0][1] == "/transactions"
    assert stub.asked[0][3] == b"tx=AA%2B%2F%3D"


def test_a_fee_bump_is_known_by_its_inner_hash(horizon: Horizon, stub: Stub) -> None:
    say(stub, (200, found()))
    answer = horizon.find(HASH)
    assert isinstance(answer, Done)
    assert (answer.value.hash, answer.value.ledger) == (HASH, 12)
    assert answer.value.result_code == "tx_success"


def test_only_our_usdc_counts_as_moved_and_every_change_has_its_place(
    horizon: Horizon, stub: Stub
) -> None:
    paid = {"id": "1", "type": "payment", "from": "GA", "to": "GB"}
    call = {
        "id": "2",
        "type": "invoke_host_function",
        "asset_balance_changes": [
            {"type": "transfer", "from": "C1", "to": "GA", "amount": "9.0", "asset_type": "native"},
            {"from": "C1", "to": "GT", **usdc(amount="0.3000000")},
            {"from": "C1", "to": "GB", **usdc(amount="94.7000001")},
        ],
    }
    forged = paid | {"id": "3", "amount": "7.0", "asset_code": "USDC", "asset_issuer": "GX"}
    failed = paid | {"id": "4", "transaction_successful": False} | usdc(amount="8.0")
    say(stub, (200, page(paid | usdc(amount="1.5"), call, forged, failed)))
    answer = horizon.moved_by(HASH)
    assert isinstance(answer, Done)
    assert answer.value == (
        Movement(operation_id="1", index=0, source="GA", target="GB", amount=15_000_000),
        Movement(operation_id="2", index=1, source="C1", target="GT", amount=3_000_000),
        Movement(operation_id="2", index=2, source="C1", target="GB", amount=947_000_001),
    )


def test_what_moved_is_unclear_where_it_cannot_be_read(horizon: Horizon, stub: Stub) -> None:
    for status, body in ((503, {"status": 503}), (200, {}), (200, page("no operation"))):
        say(stub, (status, body))
        assert isinstance(horizon.moved_by(HASH), Unclear)


def test_a_failed_transaction_says_why(horizon: Horizon, stub: Stub) -> None:
    result = "AAAAAAAAAGT/////AAAAAQAAAAAAAAAB/////gAAAAA="
    say(stub, (200, found(successful=False, result_xdr=result)))
    answer = horizon.find(HASH)
    assert isinstance(answer, Done)
    assert not answer.value.successful
    assert answer.value.result_code == "tx_failed/op_underfunded"


@pytest.mark.parametrize(
    "text", ["0.00000001", "-1", "NaN", "Infinity", "922337203685.4775808", "1e99999", 1, None, ""]
)
def test_an_amount_that_is_none_is_refused(text: Any) -> None:
    with pytest.raises(ValueError, match="no amount"):
        mapping.stroops(text)
