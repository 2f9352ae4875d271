"""`manage.py watch_stellar`: follow the chain until told to stop."""

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from integrations.providers.stellar.watching import WATCHES

PAUSE = 1.0  # seconds

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Follow the Stellar network until SIGTERM, or look once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="look once, then stop")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["once"]:
            self.stdout.write(f"looked at: {_look()}")
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            _look()
            stop.wait(PAUSE)


def _look() -> int:
    """One round of all watches; what fails is tried again in the next one."""
    seen = 0
    for watch in WATCHES:
        try:
            seen += watch()
        except Exception:
            log.exception("%s failed", watch.__name__)
            close_old_connections()
    return seen
