"""The pace of callers: per key and per user, told on every answer, shared without a round trip."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.test import Client, override_settings

from config.standalone.children import Starter, stop_together
from config.standalone.valkey import Valkey
from integrations.marketplaces import pace
from integrations.marketplaces.models import User
from tests.shop import Shop, made, refused, terms

TOLD = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


@pytest.fixture(autouse=True)
def begin_of_a_minute() -> None:
    """A test that begins in a minute's last seconds would see two."""
    if (left := 60 - time.time() % 60) < 6:
        time.sleep(left)
    pace._windows.clear()


@pytest.fixture
def valkey() -> Iterator[Any]:
    home = Path(tempfile.mkdtemp(prefix="offerhub-"))
    home.chmod(0o711)
    server = Valkey(home=home, starter=Starter(logs=home))
    child = server.start()
    yield server
    stop_together([child], within=5)
    shutil.rmtree(home, ignore_errors=True)


def test_every_answer_says_where_its_caller_stands(shop: Shop, ada: User) -> None:
    answers = [
        shop.get("users"), shop.get("users/usr_1"), shop.get("users?x=1"), shop.get("nowhere"),
        shop.post("users", {}), shop.get("me", token="ohk_test_x_y"), shop.get("health"),
        shop.send("users", "{"),
    ]  # fmt: skip
    assert [one.status_code for one in answers] == [200, 404, 400, 404, 400, 401, 200, 400]
    for answer in answers:
        assert [name for name in TOLD if not answer[name].isdigit()] == []
        assert 0 <= int(answer["X-RateLimit-Reset"]) - time.time() <= 61


@override_settings(RATE_LIMIT_PER_KEY=3)
def test_w30_a_key_that_asks_too_often_is_told_when_to_come_back(
    shop: Shop, other_shop: Shop
) -> None:
    left = [int(shop.get("me")["X-RateLimit-Remaining"]) for _ in range(3)]
    assert left == [2, 1, 0]
    answer = shop.get("me")
    details = refused(answer, 429, "RATE_LIMITED")
    assert details == {"limit": 3, "window_seconds": 60}
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer["X-RateLimit-Remaining"] == "0"
    made(other_shop.get("me"))  # another key has a minute of its own
    made(shop.get("health"))


@override_settings(RATE_LIMIT_PER_USER=2)
def test_the_money_of_one_user_moves_only_so_often(shop: Shop, ada: User, ben: User) -> None:
    body = {"user_id": ada.id, "amount": "1.00"}
    for _ in range(2):
        made(shop.post("topups", body))
    answer = shop.post("topups", body)
    details = refused(answer, 429, "RATE_LIMITED")
    assert details == {"limit": 2, "window_seconds": 60, "user_id": ada.id}
    assert (answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"]) == ("2", "0")
    made(shop.get(f"users/{ada.id}/balance"))
    made(shop.post("topups", {**body, "user_id": ben.id}))
    assert len(made(shop.get(f"topups?user_id={ada.id}"))["data"]) == 2


@override_settings(RATE_LIMIT_PER_USER=1)
def test_an_order_counts_for_its_buyer(shop: Shop, ada: User, ben: User) -> None:
    made(shop.post("orders", terms(ada, ben)))
    refused(shop.post("orders", terms(ada, ben)), 429, "RATE_LIMITED")
    made(shop.post("orders", terms(ben, ada)))


@override_settings(RATE_LIMIT_PER_ADDRESS=2)
def test_w30_who_guesses_keys_is_slowed_and_others_are_not(shop: Shop) -> None:
    told = [shop.get("me", token="ohk_test_guess_x").status_code for _ in range(4)]
    assert told == [401, 401, 429, 429]
    made(shop.get("me"))
    assert Client().get("/api/v1/health").status_code == 200


def test_a_count_is_shared_between_processes(valkey: Any) -> None:
    """Two processes are two sets of windows around one broker."""
    broker = redis.Redis.from_url(valkey.url.replace("redis+socket://", "unix://"))
    others: dict[str, Any] = {}
    for _ in range(3):
        pace.spend("key:k", limit=10)
    pace.share(broker)
    pace._windows, others = others, pace._windows
    for _ in range(4):
        pace.spend("key:k", limit=10)
    pace.share(broker)
    assert pace.spend("key:k", limit=10).remaining == 10 - 3 - 4 - 1
    pace._windows = others
    assert pace.spend("key:k", limit=10).remaining == 10 - 3 - 1  # until it shares again
    pace.share(broker)
    assert pace.spend("key:k", limit=10).remaining == 10 - 8 - 1
    pace.spend("key:k", limit=10)
    with pytest.raises(pace.RateLimited):
        pace.spend("key:k", limit=10)


def test_counts_end_with_their_minute(valkey: Any) -> None:
    broker = redis.Redis.from_url(valkey.url.replace("redis+socket://", "unix://"))
    pace.spend("key:k", limit=10)
    pace.share(broker)
    [key] = broker.keys("offerhub:pace:*")
    assert 0 < broker.ttl(key) <= 2 * pace.WINDOW
    pace._windows["key:old"] = pace.Window(1)
    pace.share(broker)
    assert "key:old" not in pace._windows


def test_without_a_broker_the_limit_holds_in_process_and_costs_nothing(valkey: Any) -> None:
    broker = redis.Redis.from_url("unix:///nowhere/valkey.sock")
    started = time.monotonic()
    for _ in range(1000):
        pace.spend("key:k", limit=1000)
    with pytest.raises(pace.RateLimited):
        pace.spend("key:k", limit=1000)
    assert time.monotonic() - started < 30  # a round trip each would take minutes
    with pytest.raises(redis.ConnectionError):
        pace.share(broker)
    there = redis.Redis.from_url(valkey.url.replace("redis+socket://", "unix://"))
    pace.share(there)  # it is back: what was counted meanwhile is told
    [key] = there.keys("offerhub:pace:*")
    assert int(there.get(key) or 0) == 1000
