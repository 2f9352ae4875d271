"""`manage.py prove_ledger`: does every invariant hold? Exit code 0 yes, 1 no, 2 could not look."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error

from ledger import proofs, seals


class Command(BaseCommand):
    help = "Prove the books. Exit code: 0 proved, 1 something is wrong, 2 could not look."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--book", type=int, help="only this book")
        parser.add_argument("--chain", action="store_true", help="the hash chain as well")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(
        self,
        *_: Any,
        book: int | None = None,
        format: str = "text",
        chain: bool = False,
        **__: Any,
    ) -> None:
        try:
            found = proofs.faults(book=book)
            if chain:
                found += seals.prove(book=book)
        except Error as error:
            self.stderr.write(f"could not read the books: {error}")
            sys.exit(2)
        if format == "json":
            self.stdout.write(json.dumps({"faults": [fault.told() for fault in found]}, indent=2))
        else:
            for fault in found:
                self.stdout.write(
                    f"{fault.invariant}: {fault.subject}: {fault.expected} expected, "
                    f"{fault.observed} found (book {fault.book})"
                )
            self.stdout.write(f"books balanced: {'no' if found else 'yes'}")
        sys.exit(1 if found else 0)
