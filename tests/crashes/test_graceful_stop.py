"""SIGTERM ends the worker after the task that it is at, and not before."""

import os
import signal
import time

import pytest

from config.standalone.place import is_alive
from integrations.providers.models import AirtmLink
from tests.cast import Api
from tests.crashes.gate import Gate, the_answer
from tests.crashes.mortal import Mortal, until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_task_under_way_comes_to_its_end(bazaar: Api, mortal: Mortal, gate: Gate) -> None:
    ada = bazaar.made("users", {"external_id": "ada", "email": "ada@example.com", "type": "BUYER"})
    gate.hold = the_answer
    mortal.start()
    topup = begin_topup(bazaar, ada["id"])
    until(gate.holds)  # the provider has done it, and the worker waits for the answer
    os.kill(mortal.pid, signal.SIGTERM)
    time.sleep(1)
    assert is_alive(mortal.pid)
    gate.release()
    assert mortal.nursery.said() == "dead"
    mortal.pid = 0
    assert bazaar.seen(f"topups/{topup}")["status"] == "AWAITING_USER_CONFIRMATION"


def begin_topup(api: Api, user: str) -> str:
    """A top-up of a linked user; to make it at the provider is the worker's task."""
    api.made(f"users/{user}/airtm/link", {"email": "ada@example.com"})
    until(lambda: AirtmLink.across_books.get().status == "LINKED")
    return str(api.made("topups", {"user_id": user, "amount": "5.00"})["id"])
