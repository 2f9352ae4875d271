"""`manage.py purge_idempotency_keys`: forget the answers that nobody will ask for any more."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.marketplaces import idempotency


class Command(BaseCommand):
    help = "Remove idempotency keys older than 30 days; those of disputes are kept for ever."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=idempotency.KEPT_DAYS)
        parser.add_argument("--dry-run", action="store_true", help="Count, and remove nothing.")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_: Any, days: int, dry_run: bool, format: str, **__: Any) -> None:
        if days < idempotency.KEPT_DAYS:
            raise CommandError(f"--days: keys are promised for {idempotency.KEPT_DAYS} days")
        old, removed = idempotency.outdated(days=days).count(), 0
        while not dry_run and (batch := idempotency.purge(days=days)):
            removed += batch
            self.stderr.write(f"{removed} of {old} removed")
        told = {"outdated": old, "removed": removed, "dry_run": dry_run}
        lines = f"{old} outdated, {removed} removed"
        self.stdout.write(json.dumps(told) if format == "json" else lines)
