"""A web process as the launcher serves it, on a port of its own, that a test kills."""

import threading
from typing import Any

import requests

from tests.cast import Api
from tests.crashes.mortal import Nursery, until
from tests.listening import free_port


class Site:
    """One server and its worker processes; all die together."""

    def __init__(self, nursery: Nursery, *, key: str) -> None:
        port = free_port()
        self.api = Api(f"http://127.0.0.1:{port}/api/v1", key)
        self.nursery = nursery
        self.pid = nursery.hatch("web", port)
        until(self._is_ready)

    def ask(self, path: str, body: Any, *, key: str, **headers: str) -> threading.Thread:
        """Send a write in the background; nobody will ever answer it."""

        def send() -> None:
            try:
                self.api.post(path, body, idempotency_key=key, **headers)
            except requests.ConnectionError:
                return
            raise AssertionError("it was answered")

        asking = threading.Thread(target=send)
        asking.start()
        return asking

    def kill(self) -> None:
        """The server and the processes that run our code, unless they are dead."""
        if self.pid:
            self.nursery.kill(self.pid)
            self.pid = 0

    def _is_ready(self) -> bool:
        try:
            return self.api.get("health/ready").ok
        except requests.ConnectionError:
            return False
