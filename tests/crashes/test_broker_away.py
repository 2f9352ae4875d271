"""Valkey away under load: the worker outlives it, with messages in its hands that it cannot give back.

`make bench-outage` shows the same over half a minute, with the seconds until all goes on.
"""

import time

import pytest
from celery import current_app
from kombu.exceptions import OperationalError

from config.standalone.place import is_alive
from payments.models import TopUp
from tests.cast import Api
from tests.crashes.broker import Broker
from tests.crashes.gate import Gate, the_answer
from tests.crashes.mortal import Mortal, until
from tests.crashes.test_graceful_stop import begin_topup

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 4
UNTIL_IT_NOTICES = 1.5  # seconds


def test_a_worker_with_its_hands_full_goes_on_when_the_broker_is_back(
    bazaar: Api, mortal: Mortal, gate: Gate, valkey: Broker
) -> None:
    ada = bazaar.made("users", {"external_id": "ada", "email": "ada@example.com", "type": "BUYER"})
    mortal.start()
    begin_topup(bazaar, ada["id"])
    gate.hold = the_answer
    for dollars in range(10, 10 + THREADS):
        bazaar.made("topups", {"user_id": ada["id"], "amount": f"{dollars}.00"})
    until(lambda: gate.waiting == THREADS)
    until(lambda: taken() > 0)
    with valkey.away():
        time.sleep(UNTIL_IT_NOTICES)
        gate.release()  # what waited behind these is begun now, and acknowledged to nobody
        bazaar.made("topups", {"user_id": ada["id"], "amount": "20.00"})
        time.sleep(UNTIL_IT_NOTICES)
    until(lambda: not TopUp.across_books.filter(status="CREATED").exists())
    assert is_alive(mortal.pid)


def test_the_broker_is_tried_once_a_second_for_ever() -> None:
    begun = time.monotonic()
    with pytest.raises(OperationalError):
        current_app.connection_for_write("redis+socket:///nowhere").ensure_connection(None, 1)
    assert time.monotonic() - begun >= 1
    assert current_app.conf.broker_connection_max_retries is None


def taken() -> int:
    """How many messages a worker has, and has not begun."""
    with current_app.connection_for_write() as broker:
        return int(broker.default_channel.client.hlen("unacked"))
