"""`manage.py prove_ledger`: does every invariant hold? Exit code 0 yes, 1 no, 2 could not look."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error
from rich.console import Console
from rich.progress import Progress

from ledger import asking, proofs, seals
from ledger.asking import Unaskable
from ledger.models import Book


class Command(BaseCommand):
    help = "Prove the books. Exit code: 0 proved, 1 something is wrong, 2 could not look."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--book", type=int, help="only this book")
        parser.add_argument(
            "--since",
            metavar="MOMENT",
            help="only what was touched from then on, such as 2026-11-01T00:00:00Z; "
            "the hash chain is always read from its start",
        )
        parser.add_argument("--chain", action="store_true", help="the hash chain as well")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(
        self,
        *_: Any,
        book: int | None = None,
        since: str | None = None,
        format: str = "text",
        chain: bool = False,
        **__: Any,
    ) -> None:
        try:
            with _progress() as watching:
                found = proofs.faults(
                    book=_known(book), since=asking.moment(since), watching=watching
                )
            if chain:
                found += seals.prove(book=book)
        except (Unaskable, Error) as error:
            self.stderr.write(f"could not read the books: {error}")
            sys.exit(2)
        if format == "json":
            self.stdout.write(json.dumps({"faults": [fault.told() for fault in found]}, indent=2))
        else:
            self._tell(found)
        sys.exit(1 if found else 0)

    def _tell(self, found: list[proofs.Fault]) -> None:
        for fault in found:
            self.stdout.write(
                f"{fault.invariant}: {fault.subject}: {fault.expected} expected, "
                f"{fault.observed} found (book {fault.book})"
            )
        self.stdout.write(f"books balanced: {'no' if found else 'yes'}")


def _known(book: int | None) -> int | None:
    if book is not None and not Book.objects.filter(pk=book).exists():
        raise Unaskable(f"there is no book {book}")
    return book


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Tells a person at a terminal which invariant is being looked at."""
    console = Console(stderr=True)
    is_seen = console.is_terminal
    with Progress(console=console, transient=True, disable=not is_seen) as progress:
        task = progress.add_task("proving", total=len(proofs.invariants()), completed=-1)
        yield lambda name: progress.update(task, description=name, advance=1)
