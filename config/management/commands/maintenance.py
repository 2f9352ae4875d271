"""`manage.py maintenance on --message …  [--until …] | off | status`: pause writes, or go on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from integrations.marketplaces import audit, maintenance
from ledger import asking
from ledger.asking import Unaskable
from ledger.events import Actor

OPERATOR = Actor("operator:command-line")


class Command(BaseCommand):
    help = "Pause writes in every process within a second; reads and provider messages go on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("switch", choices=["on", "off", "status"])
        parser.add_argument("--message", default="We are working on it; try again later.")
        parser.add_argument("--until", help="Like 2026-01-31T12:00:00Z; callers wait till then.")

    def handle(self, *_: Any, switch: str, message: str, until: str | None, **__: Any) -> None:
        if switch != "status":
            with transaction.atomic():
                self._turn(switch, message, until)
        standing = maintenance.standing()
        self.stdout.write(f"writes are paused: {standing.message}" if standing else "writes go on")

    def _turn(self, switch: str, message: str, until: str | None) -> None:
        if switch == "on":
            try:
                moment = asking.moment(until)
            except Unaskable as error:
                raise CommandError(f"--until: {error}") from error
            maintenance.begin(message=message, until=moment, by=OPERATOR)
        else:
            maintenance.end()
        told = {"message": message, "until": until} if switch == "on" else {}
        audit.record(book=None, act=f"maintenance.{switch}", by=OPERATOR, after=told)
