"""A web process as the launcher serves it, on a port of its own, that a test kills."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from config.standalone.children import Starter
from tests.cast import Api
from tests.crashes.mortal import until


class Site:
    """One server and its one worker process; both die together."""

    def __init__(self, *, folder: Path, environment: Mapping[str, str], key: str) -> None:
        port = _free_port()
        self.api = Api(f"http://127.0.0.1:{port}/api/v1", key)
        command = [
            *(sys.executable, "-m", "granian", "config.standalone.web:application", "--no-ws"),
            *("--interface", "wsgi", "--port", str(port), "--blocking-threads", "4"),
        ]
        settings = {**environment, "DATABASE_POOL": "4"}
        self.child = Starter(logs=folder).start("web", command, environment=settings)
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
        """`kill -9` of the server and of the process that runs our code."""
        os.killpg(self.child.process.pid, signal.SIGKILL)
        self.child.process.wait()

    def _is_ready(self) -> bool:
        self.child.check()
        try:
            return self.api.get("health/ready").ok
        except requests.ConnectionError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
