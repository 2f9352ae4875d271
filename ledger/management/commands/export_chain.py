"""`manage.py export_chain`: a book's sealed transfers as JSON lines, for `docs/verify_chain.py`."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand
from django.db import Error
from rich.console import Console
from rich.progress import track

from ledger import seals
from ledger.models import Book


class Command(BaseCommand):
    help = (
        "Export a book's hash chain. Exit code: 0 all of it, 1 all that is sealed while some "
        "transfers still wait for it, 2 could not export."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--book", type=int, required=True)
        parser.add_argument("--output", type=Path, help="a file; without it, standard output")

    def handle(self, *_: Any, book: int, output: Path | None = None, **__: Any) -> None:
        try:
            if not Book.objects.filter(pk=book).exists():
                self.stderr.write(f"there is no book {book}")
                sys.exit(2)
            waiting = seals.waiting(book)
            count = self._export(book, output)
        except (Error, OSError) as error:
            self.stderr.write(f"could not export: {error}")
            sys.exit(2)
        self.stderr.write(f"exported: {count} transfers, not sealed yet: {waiting}")
        sys.exit(1 if waiting else 0)

    def _export(self, book: int, output: Path | None) -> int:
        console = Console(stderr=True)
        rows = track(seals.exported(book), "Exporting", seals.last(book), console=console)
        count = 0
        with whole(output) if output else nullcontext(self.stdout) as file:
            for count, row in enumerate(rows, start=1):  # noqa: B007 – counted
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        return count


@contextmanager
def whole(output: Path) -> Iterator[TextIO]:
    """The file appears under its name when it is complete."""
    unfinished = output.with_name(output.name + ".part")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            yield file
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)
