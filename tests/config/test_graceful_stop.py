"""SIGTERM ends the web server after the requests that it is answering, and not before.

The same of the worker is in `tests/crashes/test_graceful_stop.py`, where the workers are.
"""

import signal
import threading
import time
from typing import Any

import psycopg
import pytest
import requests

from integrations.marketplaces.models import User
from tests.granian import address
from tests.patience import PATIENCE
from tests.shop import Shop


@pytest.mark.django_db(transaction=True)
def test_a_request_that_is_being_answered_comes_to_its_end(
    shop: Shop, ada: User, server: Any
) -> None:
    url, child = server
    told: list[requests.Response] = []

    def change() -> None:
        told.append(
            requests.patch(
                f"{url}/users/{ada.id}",
                json={"type": "SELLER"},
                headers={"Authorization": f"Bearer {shop.token}"},
                timeout=PATIENCE,
            )
        )

    request = threading.Thread(target=change)
    with psycopg.connect(address()) as other:
        other.execute("SELECT 1 FROM marketplaces_user WHERE id = %s FOR UPDATE", [ada.id])
        request.start()
        time.sleep(1)  # it has come in by now, and waits for the row
        child.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert not told
    request.join(timeout=PATIENCE)
    assert [answer.status_code for answer in told] == [200]
    assert User.across_books.get(pk=ada.pk).type == "SELLER"
    child.wait(timeout=PATIENCE)
