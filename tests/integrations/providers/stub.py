"""A provider that answers exactly what a test scripts, and remembers what it was asked."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.listening import at_a_free_port


@dataclass
class Stub:
    """The next answers, first come first served; the last one stays."""

    url: str = ""
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    location: str = ""
    silent_for: float = 0
    drips: bool = False  # one byte at a time, for ever
    hangs_up: bool = False  # no answer at all


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[Stub]:
    """A stub that listens on a free port."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            request = (self.command, self.path, dict(self.headers), self.rfile.read(length))
            stub.asked.append(request)
            if stub.hangs_up:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            time.sleep(stub.silent_for)
            status, body = stub.answers.pop(0) if len(stub.answers) > 1 else stub.answers[0]
            self.send_response(status)
            if stub.location:
                self.send_header("Location", stub.location)
            self.send_header("Content-Length", str(len(body) + stub.drips * 10_000))
            self.end_headers()
            self.wfile.write(body)
            while stub.drips:
                self.wfile.write(b" ")
                time.sleep(0.02)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            """Silence: the test says what happened."""

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return  # the client has had enough, which is what the test wants

    with at_a_free_port(Handler, tls=tls) as stub.url:
        try:
            yield stub
        finally:
            stub.drips = False
