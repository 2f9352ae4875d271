"""`manage.py replay_deposits`: was anything missed? Exit code 0 no, 1 yes, 2 could not look."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error
from rich.console import Console
from rich.progress import Progress

from integrations.providers.stellar import replaying
from integrations.providers.stellar.replaying import CannotRead, Effect, Replayed
from ledger import money


class Command(BaseCommand):
    help = (
        "Read ledgers again and book what the watch has missed. "
        "Exit code: 0 nothing was missed, 1 something was, 2 could not look."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=int, metavar="LEDGER", help="the first ledger")
        parser.add_argument(
            "--ledgers",
            type=int,
            default=settings.STELLAR_REPLAY_LEDGERS,
            help="how many, from --since on, or the newest ones (%(default)s)",
        )
        parser.add_argument("--dry-run", action="store_true", help="tell, and book nothing")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(
        self,
        *_: Any,
        since: int | None = None,
        ledgers: int = 0,
        dry_run: bool = False,
        format: str = "text",
        **__: Any,
    ) -> None:
        effect = Effect.SHOWN if dry_run else Effect.BOOKED
        try:
            if ledgers < 1 or (since is not None and since < 1):
                raise CannotRead("ledgers are counted from 1")
            with _progress(ledgers) as watching:
                seen = replaying.replay(
                    since=since, ledgers=ledgers, effect=effect, watching=watching
                )
        except (CannotRead, Error) as error:
            self.stderr.write(f"could not read the ledgers: {error}")
            sys.exit(2)
        if format == "json":
            self.stdout.write(json.dumps(asdict(seen) | {"effect": effect.value}, indent=2))
        else:
            self._tell(seen, effect)
        sys.exit(1 if seen.missed or seen.forgotten else 0)

    def _tell(self, seen: Replayed, effect: Effect) -> None:
        for missed in seen.missed:
            amount = money.text(missed["stroops"])
            self.stdout.write(
                "{direction} {matter} {amount} {asset} at {address}, ledger {ledger}: "
                "{hash}".format(amount=amount, **missed)
            )
        if seen.forgotten:
            self.stdout.write(f"{seen.forgotten} ledgers from {seen.first} on are forgotten")
        self.stdout.write(
            f"ledgers {seen.first} to {seen.last}: {seen.movements} movements on the network, "
            f"{len(seen.missed)} missed and {effect.value}"
        )


@contextmanager
def _progress(ledgers: int) -> Iterator[Callable[[int], None]]:
    """Tells a person at a terminal how far it has come."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading", total=ledgers)
        yield lambda done: progress.update(task, completed=done)
