"""`manage.py maintenance on --message …  [--until …] | off | status`: pause writes, or go on."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from integrations.marketplaces import audit, maintenance
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
            maintenance.begin(message=message, until=_moment(until), by=OPERATOR)
        else:
            maintenance.end()
        told = {"message": message, "until": until} if switch == "on" else {}
        audit.record(book=None, act=f"maintenance.{switch}", by=OPERATOR, after=told)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--until: '{text}' is no moment like 2026-01-31T12:00:00Z") from error
    if moment.tzinfo is None:
        raise CommandError("--until needs a time zone, like 2026-01-31T12:00:00Z")
    return moment
