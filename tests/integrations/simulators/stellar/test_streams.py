"""Streams, read by the unchanged client: in order, resumed where they end, cut where told."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import pytest
import requests
from django.db import connection

from integrations.simulators import switches
from integrations.simulators.stellar import faults, gifts, streams
from tests.integrations.simulators.stellar.chain import UNIT, Client, wallet


def amounts(records: Iterator[dict[str, Any]], count: int) -> list[str]:
    return [record["amount"] for record in islice(records, count)]


def pay(address: str, *units: int) -> None:
    for number in units:
        gifts.pay_from_stranger(address, amount=number * UNIT)


def lines(chain: Client, path: str, **headers: str) -> Iterator[str]:
    url = chain.server.horizon_url.rstrip("/") + path
    answer = requests.get(
        url, headers={"Accept": "text/event-stream", **headers}, stream=True, timeout=20
    )
    assert answer.headers["content-type"] == "text/event-stream"
    for line in answer.iter_lines():
        if line and not line.startswith(b":"):
            yield line.decode()


def test_what_happens_while_it_is_open_arrives_at_once(chain):
    ada = wallet()
    pay(ada.public_key, 1)

    def later() -> float:
        time.sleep(0.4)
        pay(ada.public_key, 2)
        connection.close()
        return time.monotonic()

    with ThreadPoolExecutor(1) as pool:
        paid = pool.submit(later)
        stream = chain.server.payments().for_account(ada.public_key).cursor("0").stream()
        assert amounts(stream, 2) == ["1.0000000", "2.0000000"]
        assert time.monotonic() - paid.result() < 10  # and not with the stream's end


def test_more_than_one_stream_holds_is_continued_without_a_gap(chain):
    ada = wallet()
    pay(ada.public_key, *range(1, 6))
    stream = chain.server.payments().for_account(ada.public_key).cursor("0").limit(2).stream()
    assert amounts(stream, 5) == [f"{number}.0000000" for number in range(1, 6)]


def test_it_opens_and_closes_as_horizon_does(chain):
    ada = wallet()
    pay(ada.public_key, 1)
    told = list(lines(chain, f"/accounts/{ada.public_key}/payments?cursor=0&limit=1"))
    assert told[:3] == ["retry: 1000", "event: open", 'data: "hello"']
    assert told[3].startswith("id: ")
    assert told[-3:] == ["retry: 10", "event: close", 'data: "byebye"']


def test_the_last_event_id_counts_more_than_the_cursor(chain):
    ada = wallet()
    first = gifts.pay_from_stranger(ada.public_key, amount=UNIT)
    pay(ada.public_key, 2)
    path = f"/accounts/{ada.public_key}/payments?cursor=0&limit=1"
    told = list(lines(chain, path, **{"Last-Event-ID": str(first.id + 1)}))
    assert '"amount": "2.0000000"' in told[4]


def test_a_cut_stream_loses_nothing(chain):
    ada = wallet()
    pay(ada.public_key, 1, 2, 3)
    switches.turn("stellar", faults.CUT_STREAM, times=1, options={"after": 1})
    stream = chain.server.payments().for_account(ada.public_key).cursor("0").stream()
    assert amounts(stream, 3) == ["1.0000000", "2.0000000", "3.0000000"]


def test_there_are_places_for_some_streams_only(chain):
    taken = [streams._places.acquire(blocking=False) for _ in range(1_000)]
    try:
        url = f"{chain.server.horizon_url.rstrip('/')}/payments"
        answer = requests.get(url, headers={"Accept": "text/event-stream"}, timeout=20)
        assert answer.status_code == 503
    finally:
        for had_place in taken:
            if had_place:
                streams._places.release()


@pytest.mark.parametrize("kind", ["ledgers", "transactions", "operations"])
def test_other_lists_stream_too(chain, kind):
    pay(wallet().public_key, 1)
    record = next(getattr(chain.server, kind)().cursor("0").stream())
    assert record["paging_token"]
