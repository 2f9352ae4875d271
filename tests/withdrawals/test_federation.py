"""Names of addresses: looked up at a server that is trusted with nothing."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings
from stellar_sdk import Keypair, StrKey

from integrations.providers.answers import Declined, Done, Unclear
from integrations.providers.intents import MemoType
from integrations.providers.models import Address, Call
from integrations.providers.stellar.networks import network, pretended_key
from ledger import clock
from tests.integrations.providers.stub import Stub, running
from tests.shop import Shop
from withdrawals import destinations, payouts
from withdrawals.destinations import Destination
from withdrawals.models import Withdrawal

pytestmark = pytest.mark.django_db

NAME = "ada*bazaar.example"
SOMEBODY = pretended_key("somebody").public_key
NOTHING = Destination(address="", memo="", memo_type=MemoType.TEXT)


@pytest.fixture
def server() -> Iterator[Stub]:
    with running() as stub, override_settings(FEDERATION_SERVERS={"bazaar.example": stub.url}):
        yield stub


@pytest.fixture
def horizon() -> Iterator[Stub]:
    with running() as stub, override_settings(STELLAR_HORIZON_URL=stub.url):
        stub.answers = [(200, json.dumps(account()).encode())]
        yield stub


def account(**changed: Any) -> dict[str, Any]:
    usdc = {
        "asset_type": "credit_alphanum4", "asset_code": "USDC", "limit": "100.0000000",
        "asset_issuer": network().usdc_issuer, "balance": "40.0000000",
        "buying_liabilities": "10.0000000", "is_authorized": True,
    }  # fmt: skip
    line = {name: changed.pop(name) for name in list(changed) if name in usdc}
    native = {"asset_type": "native", "balance": "1.0000000"}
    facts = {"account_id": SOMEBODY, "sequence": "1", "data": {}, **changed}
    return {**facts, "balances": [{**usdc, **line}, native]}


def say(server: Stub, status: int, body: Any) -> None:
    server.answers = [(status, body if isinstance(body, bytes) else json.dumps(body).encode())]


def test_a_name_is_resolved_with_the_memo_that_it_asks_for(server: Stub) -> None:
    say(server, 200, {"account_id": SOMEBODY, "memo_type": "id", "memo": "77"})
    answer = destinations.resolve(NAME, NOTHING, trail="wd_1")
    assert answer == Done(Destination(address=SOMEBODY, memo="77", memo_type=MemoType.ID))
    [(_, path, _, _)] = server.asked
    assert path == "/?q=ada%2Abazaar.example&type=name"
    assert Call.objects.get(provider="federation").trail == "wd_1"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        b"\xff",
        {"account_id": 7},
        {"account_id": "G" * 56},
        {"account_id": NAME},
        {"account_id": StrKey.encode_contract(b"\1" * 32)},
        {"account_id": SOMEBODY, "memo_type": "text", "memo": "x" * 29},
        {"account_id": SOMEBODY, "memo_type": "id", "memo": "x"},
        {"account_id": SOMEBODY, "memo_type": "return", "memo": "ab" * 32},
        {"account_id": SOMEBODY, "memo_type": "text", "memo": "\ud800"},
        {"account_id": network().usdc_issuer},
    ],
    ids=repr,
)
def test_an_answer_is_read_as_strictly_as_a_caller(server: Stub, body: Any) -> None:
    say(server, 200, body)
    assert isinstance(destinations.resolve(NAME, NOTHING, trail=""), Declined)


def test_a_server_may_not_name_one_of_ours(server: Stub, shop: Shop) -> None:
    ours = Address.objects.of(shop.book).get(role="FEES").address
    say(server, 200, {"account_id": ours})
    assert isinstance(destinations.resolve(NAME, NOTHING, trail=""), Declined)


def test_a_memo_that_contradicts_the_name_is_refused(server: Stub) -> None:
    say(server, 200, {"account_id": SOMEBODY, "memo_type": "text", "memo": "7"})
    given = Destination(address="", memo="8", memo_type=MemoType.TEXT)
    assert isinstance(destinations.resolve(NAME, given, trail=""), Declined)


@pytest.mark.parametrize(("status", "is_over"), [(404, True), (500, False), (429, False)])
def test_only_an_answer_is_an_outcome(server: Stub, status: int, is_over: bool) -> None:  # noqa: FBT001
    say(server, status, {})
    answer = destinations.resolve(NAME, NOTHING, trail="")
    assert isinstance(answer, Declined if is_over else Unclear)


def test_what_was_shown_stays_whatever_the_server_says_later(
    server: Stub, horizon: Stub, shop: Shop
) -> None:
    ada = shop.user("ada")
    shop.fund(ada, "50.00")
    say(server, 200, {"account_id": SOMEBODY, "memo_type": "text", "memo": "7"})
    body = {"user_id": ada.id, "amount": "10.00",
            "destination": {"type": "STELLAR", "address": NAME}}  # fmt: skip
    pk = shop.post("withdrawals", body).json()["id"]
    payouts.proceed(pk)
    shown = shop.get(f"withdrawals/{pk}").json()
    assert (shown["status"], shown["destination"]["memo"]) == ("CREATED", "7")
    assert shown["destination"]["address"] == NAME
    assert shown["destination"]["resolved_address"] == SOMEBODY
    say(server, 200, {"account_id": Keypair.random().public_key})
    assert shop.post(f"withdrawals/{pk}/commit").status_code == 202
    payouts.proceed(pk)
    row = Withdrawal.objects.of(shop.book).get(pk=pk)
    assert (row.resolved_address, row.memo) == (SOMEBODY, "7")
    assert len(server.asked) == 1


def test_a_server_that_never_answers_is_a_refusal_at_last(server: Stub, shop: Shop) -> None:
    ada = shop.user("ada")
    shop.fund(ada, "50.00")
    say(server, 503, {})
    body = {"user_id": ada.id, "amount": "10.00", "commit": True,
            "destination": {"type": "STELLAR", "address": NAME}}  # fmt: skip
    pk = shop.post("withdrawals", body).json()["id"]
    payouts.proceed(pk)
    rows = Withdrawal.objects.of(shop.book).filter(pk=pk)
    assert rows.get().status == "COMMITTED"
    rows.update(status_since=clock.now() - payouts.over_stellar.PATIENCE)
    payouts.proceed(pk)
    assert (rows.get().status, rows.get().failure_code) == ("FAILED", "DESTINATION_INVALID")
    assert shop.available(ada) == "50.00"


@pytest.mark.parametrize(
    ("changed", "memo", "words"),
    [
        ({}, "", ""),
        ({"data": {"config.memo_required": "MA=="}}, "", ""),
        ({"balance": "40.0000001"}, "",
         "The account's trustline has no room for so much USDC."),
    ],
)  # fmt: skip
def test_the_account_must_want_it_like_this(
    horizon: Stub, changed: dict[str, Any], memo: str, words: str
) -> None:
    horizon.answers = [(200, json.dumps(account(**changed)).encode())]
    to = Destination(address=SOMEBODY, memo=memo, memo_type=MemoType.TEXT)
    answer = destinations.inspect(to, amount=50 * 10_000_000, trail="")
    assert answer == (Declined("DESTINATION_INVALID", words) if words else Done(to))


def test_a_chain_that_cannot_be_read_is_no_refusal(horizon: Stub) -> None:
    say(horizon, 503, {})
    to = Destination(address=SOMEBODY, memo="", memo_type=MemoType.TEXT)
    assert isinstance(destinations.inspect(to, amount=1, trail=""), Unclear)
