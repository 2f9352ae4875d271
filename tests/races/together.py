"""Doing things at the same moment: threads that start together, each with its own connection."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import requests
from django.db import connections

from ledger.atomicity import alone
from tests.patience import PATIENCE
from tests.shop import Shop


def at_once(acts: Iterable[Callable[[], Any]]) -> list[Any]:
    """Run every act in a thread of its own, released together; their results, in order."""
    acts = list(acts)
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        gate.wait(timeout=PATIENCE)
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=len(acts)) as pool:
        return list(pool.map(run, acts))


@contextmanager
def somebody_else_alone(name: str) -> Iterator[None]:
    """Another connection has this conversation to itself, for as long as the block takes."""
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with alone(name) as mine:
            assert mine
            held.set()
            over.wait(PATIENCE)
        connections.close_all()

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(PATIENCE)
    try:
        yield
    finally:
        over.set()
        other.join()


def post(base: str, shop: Shop, path: str, body: Any, *, key: str) -> requests.Response:
    """One write over real HTTP."""
    return requests.post(
        f"{base}/api/v1/{path}",
        json=body,
        headers={"Authorization": f"Bearer {shop.token}", "Idempotency-Key": key},
        timeout=PATIENCE,
    )


def outcomes(answers: list[requests.Response]) -> Counter[tuple[int, str]]:
    """How often each status came, with the code where it was a refusal."""
    return Counter(
        (answer.status_code, "" if answer.ok else answer.json()["error"]["code"])
        for answer in answers
    )
