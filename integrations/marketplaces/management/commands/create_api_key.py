"""`manage.py create_api_key MARKETPLACE --name … [--scope …]`: a key, its secret shown once."""

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from integrations.marketplaces import audit, keys
from integrations.marketplaces.models import Marketplace, Scope
from ledger.events import Actor

OPERATOR = Actor("operator:command-line")


class Command(BaseCommand):
    help = "Make an API key of a marketplace; the secret is printed this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("marketplace", help="Its id, mkt_…")
        parser.add_argument("--name", required=True, help="What people tell it apart by.")
        parser.add_argument("--scope", action="append", choices=Scope.values, dest="scopes")
        parser.add_argument("--network", action="append", default=[], dest="networks")
        parser.add_argument("--days", type=int, help="After which it expires; never if left out.")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_: Any, marketplace: str, **given: Any) -> None:
        row = Marketplace.objects.filter(pk=marketplace).first()
        if row is None:
            known = ", ".join(Marketplace.objects.values_list("pk", flat=True))
            raise CommandError(f"there is no marketplace {marketplace}; there are: {known}")
        facts = {"name": given["name"], "scopes": given["scopes"], "networks": _checked(given)}
        end = datetime.now(UTC) + timedelta(days=given["days"]) if given["days"] else None
        with transaction.atomic():
            key, secret = keys.create(row, **facts, expires_at=end)
            audit.record(
                book=row.book_id, act="api_key.create", by=OPERATOR, subject=key.pk,
                after=audit.columns(key),
            )  # fmt: skip
        self._tell(given["format"], id=key.pk, secret=secret, scopes=key.scopes)

    def _tell(self, form: str, **told: Any) -> None:
        lines = [f"{name}: {value}" for name, value in told.items()]
        self.stdout.write(json.dumps(told) if form == "json" else "\n".join(lines))


def _checked(given: dict[str, Any]) -> list[str]:
    try:
        return [str(ip_network(network)) for network in given["networks"]]
    except ValueError as error:
        raise CommandError(f"--network: {error}") from error
