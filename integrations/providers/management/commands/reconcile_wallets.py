"""`manage.py reconcile_wallets`: what wallets hold on the chain against what our books say."""

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

from integrations.providers.stellar import comparing
from integrations.providers.stellar.comparing import Compared, Comparison, Verdict
from ledger import money

DIFFERS = (Verdict.SHORT, Verdict.OVER, Verdict.LAGS)


class Command(BaseCommand):
    help = (
        "Compare wallets with the chain; a shortfall freezes the wallet, each difference is a "
        "finding. Exit code: 0 none differs, 1 some do, 2 some could not be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", type=int, metavar="LEDGER", help="only wallets that moved from there on"
        )
        parser.add_argument("--dry-run", action="store_true", help="tell, and write nothing down")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(
        self,
        *_: Any,
        since: int | None = None,
        dry_run: bool = False,
        format: str = "text",
        **__: Any,
    ) -> None:
        keeping = _forget if dry_run else comparing.keep
        try:
            due = comparing.due(since=since)
            with _progress(len(due)) as watching:
                seen = comparing.compare(due, keeping=keeping, watching=watching)
        except Error as error:
            self.stderr.write(f"could not compare: {error}")
            sys.exit(2)
        tell = self._tell_json if format == "json" else self._tell
        tell(seen)
        unseen = 2 if seen.of(Verdict.UNSEEN) else 0
        sys.exit(1 if seen.of(*DIFFERS) else unseen)

    def _tell(self, seen: Comparison) -> None:
        for one in seen.of(*DIFFERS, Verdict.UNSEEN):
            self.stdout.write(
                f"{one.wallet.address} {one.verdict}: {money.text(one.chain)} on the chain in "
                f"ledger {one.ledger}, {money.text(one.explained)} explained, "
                f"{money.text(one.books)} by the books"
            )
        told = ", ".join(f"{len(seen.of(verdict))} {verdict}" for verdict in Verdict)
        self.stdout.write(f"{len(seen.compared)} wallets: {told}")

    def _tell_json(self, seen: Comparison) -> None:
        told = {
            "wallets": len(seen.compared),
            **{verdict.value: len(seen.of(verdict)) for verdict in Verdict},
            "differences": [_shown(one) for one in seen.of(*DIFFERS)],
        }
        self.stdout.write(json.dumps(told, indent=2))


def _shown(one: Compared) -> dict[str, Any]:
    return {
        "wallet": one.wallet.pk,
        "address": one.wallet.address,
        "verdict": one.verdict.value,
        "ledger": one.ledger,
        "chain": money.text(one.chain),
        "explained": money.text(one.explained),
        "books": money.text(one.books),
    }


def _forget(_: Compared) -> None:
    """A dry run writes nothing down."""


@contextmanager
def _progress(wallets: int) -> Iterator[Callable[[int], None]]:
    """Tells a person at a terminal how far it has come."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("comparing", total=wallets)
        yield lambda done: progress.update(task, completed=done)
