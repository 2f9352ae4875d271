"""`manage.py rotate_wallet_keys`: seal everything with the keyring's first key, while all goes on.

Exit code: 0 nothing is left to do, 1 something is left or does not open, 2 could not look.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand
from django.db import Error
from rich.console import Console
from rich.progress import Progress

from integrations.providers.stellar import rotation
from integrations.providers.stellar.rotation import Tally, Watching


class Command(BaseCommand):
    help = (
        "Wrap all wallet keys and credentials with the keyring's first key; safe to stop and to"
        " repeat. Exit code: 0 nothing is left, 1 something is left or damaged, 2 could not look."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="open everything, keep nothing")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_: Any, dry_run: bool, format: str, **__: Any) -> None:
        go = rotation.rehearse if dry_run else rotation.rotate
        try:
            with _progress() as watching:
                tally = go(watching=watching)
            keys = dict(rotation.in_use())
        except (ImproperlyConfigured, Error) as error:
            self.stderr.write(f"could not rotate: {error}")
            sys.exit(2)
        if format == "json":
            told = {**tally.told(), "dry_run": dry_run, "sealed_by": keys}
            self.stdout.write(json.dumps(told, indent=2))
        else:
            self._tell(tally, keys, done="would be rotated" if dry_run else "rotated")
        if dry_run:
            tally.left -= tally.rotated
        sys.exit(0 if tally.is_complete else 1)

    def _tell(self, tally: Tally, keys: dict[str, int], *, done: str) -> None:
        self.stdout.write(f"{done}: {tally.rotated} to '{tally.to}'")
        self.stdout.write(f"left: {tally.left}, do not open: {tally.unopenable}")
        for key, count in sorted(tally.missing_keys.items()):
            self.stdout.write(f"the keyring lacks '{key}', which seals {count}: put it back")
        sealed = ", ".join(f"'{key}' {count}" for key, count in sorted(keys.items()))
        self.stdout.write(f"sealed by: {sealed or 'nothing is sealed'}")


@contextmanager
def _progress() -> Iterator[Watching]:
    """Tells a person at a terminal how far it is."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("rotating", total=rotation.due())
        yield lambda rows: progress.update(task, advance=rows)
