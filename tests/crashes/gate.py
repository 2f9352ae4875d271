"""The gate: stands before the pretended providers and holds what would change something there.

It wraps the live server from outside. A call is held the first time that it comes; when the same
call comes again, from the worker that follows the killed one, it passes.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from tests.patience import PATIENCE

PROVIDERS = "/simulators/"
CHANGING = {"POST", "DELETE"}
LONGEST = PATIENCE  # seconds that a call is held, should the test have ended in between

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
Hold = Callable[["Gate", dict[str, Any], Any], Iterable[bytes]]


@dataclass(frozen=True)
class Call:
    """One request that changes something at a provider."""

    method: str
    path: str
    body: bytes


class Gate:
    """Lets everything pass until `hold` is set, to `the_answer` or to `the_request`."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.hold: Hold | None = None
        self.seen: list[Call] = []
        self.waiting = 0
        self._lock = threading.Lock()
        self._resume = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self.hold is None or not self._is_first(environ):
            return self.application(environ, start_response)
        return self.hold(self, environ, start_response)

    def wait(self) -> None:
        """In the server's thread: stand still until somebody calls `release`."""
        with self._lock:
            self.waiting += 1
            resume = self._resume
        resume.wait(timeout=LONGEST)

    def holds(self) -> bool:
        """Whether a call stands still."""
        return self.waiting > 0

    def release(self) -> None:
        """Let go whatever stands still."""
        with self._lock:
            resume, self._resume, self.waiting = self._resume, threading.Event(), 0
        resume.set()

    def _is_first(self, environ: dict[str, Any]) -> bool:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if method not in CHANGING or not path.startswith(PROVIDERS):
            return False
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        call = Call(method, path, body)
        with self._lock:
            is_first = call not in self.seen
            self.seen += [call] if is_first else []
        return is_first


def the_answer(gate: Gate, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """It is done and committed at the provider, and nobody learns of it."""
    answer = gate.application(environ, start_response)
    gate.wait()
    return answer


def on_the_chain(hold: Hold) -> Hold:
    """What is handed in to the chain, and nothing else."""

    def held(gate: Gate, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not environ["PATH_INFO"].endswith("/transactions"):
            return gate.application(environ, start_response)
        return hold(gate, environ, start_response)

    return held


def the_request(gate: Gate, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """It was sent and never reaches the provider."""
    gate.wait()
    start_response("503 Service Unavailable", [("Content-Length", "0")])
    return []
