"""The broker: a Valkey that a test may take away for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.standalone.children import Starter, stop_together
from config.standalone.valkey import Valkey


class Broker:
    """Runs from the start, at an address that stays the same."""

    def __init__(self, folder: Path) -> None:
        self.server = Valkey(home=folder, starter=Starter(logs=folder))
        self.url = self.server.url
        self.child = self.server.start()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stopped, and back at the end with what it had stored."""
        self.stop()
        yield
        self.child = self.server.start()

    def stop(self) -> None:
        stop_together([self.child], within=5)
