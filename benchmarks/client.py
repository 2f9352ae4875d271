"""A client that costs little: one thread, many connections, each with one request on its way."""

import json
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ledger.fields import new_id

OK = range(200, 300)
END = b"\r\n0\r\n\r\n"  # of an answer in chunks, as granian sends every body
Answer = Callable[[int, bytes], None]


@dataclass
class Seen:
    """What one measurement saw: milliseconds of each success, and the rest by status and code."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies) or [0.0]
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]

    def note(self, status: int, body: bytes, milliseconds: float) -> None:
        if status in OK:
            self.latencies.append(milliseconds)
        else:
            self.errors[f"{status} {_code(body)}"] += 1

    def told(self) -> str:
        return ", ".join(f"{count} × {what}" for what, count in self.errors.most_common()) or "0"


@dataclass(frozen=True)
class Caller:
    """Whose requests they are: turns what is asked into the bytes that are sent."""

    base: str
    key: str

    @property
    def place(self) -> tuple[str, int]:
        parts = urlsplit(self.base)
        return str(parts.hostname), int(parts.port or 80)

    def get(self, path: str) -> bytes:
        return self._request("GET", path, b"", "")

    def post(self, path: str, body: Any, *, key: str = "") -> bytes:
        """A write, with this Idempotency-Key or a fresh one."""
        told = f"Idempotency-Key: {key or new_id('bench')}\r\n"
        return self._request("POST", path, json.dumps(body).encode(), told)

    def _request(self, method: str, path: str, body: bytes, more: str) -> bytes:
        head = (
            f"{method} {urlsplit(self.base).path}/{path} HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {self.key}\r\nContent-Type: application/json\r\n{more}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


@dataclass
class _Line:
    """One connection, and what it waits for."""

    socket: socket.socket
    asked: float = 0.0
    received: bytes = b""

    def ask(self, request: bytes) -> None:
        self.received, self.asked = b"", time.perf_counter()
        self.socket.sendall(request)

    def answer(self) -> tuple[int, bytes] | None:
        """The answer once it is whole. Raises ConnectionError when the other side hangs up."""
        part = self.socket.recv(1 << 16)
        if not part:
            raise ConnectionResetError
        self.received += part
        if not self.received.endswith(END):
            return None
        head, _, chunks = self.received.partition(b"\r\n\r\n")
        return int(head[9:12]), _joined(chunks)


def measure(
    caller: Caller,
    requests: Iterator[bytes],
    *,
    at_once: int,
    seconds: float,
    then: Answer | None = None,
) -> Seen:
    """Ask what `requests` gives over so many connections, until it or the time is used up."""
    seen, begun = Seen(), time.perf_counter()
    with selectors.DefaultSelector() as waiting:
        for request in (next(requests, None) for _ in range(at_once)):
            if request:
                line = _Line(socket.create_connection(caller.place, timeout=30))
                waiting.register(line.socket, selectors.EVENT_READ, line)
                line.ask(request)
        while waiting.get_map():
            for key, _ in waiting.select(timeout=30):
                line = key.data
                if (answer := line.answer()) is None:
                    continue
                seen.note(*answer, (time.perf_counter() - line.asked) * 1000)
                if then:
                    then(*answer)
                is_over = time.perf_counter() - begun > seconds
                if is_over or (request := next(requests, None)) is None:
                    waiting.unregister(line.socket)
                    line.socket.close()
                else:
                    line.ask(request)
    seen.seconds = time.perf_counter() - begun
    return seen


def _joined(chunks: bytes) -> bytes:
    """The body, which comes in chunks that are each led by their size."""
    size, _, rest = chunks.partition(b"\r\n")
    length = int(size, 16)
    return rest[:length] + _joined(rest[length + 2 :]) if length else b""


def _code(body: bytes) -> str:
    """The refusal's code, and which limit was reached if one was."""
    try:
        error = json.loads(body)["error"]
        limit = error["details"].get("limit")
        return str(error["code"]) + (f" (limit {limit})" if limit else "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
