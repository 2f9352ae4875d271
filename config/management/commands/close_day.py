"""`manage.py close_day`: each marketplace's day as one sheet, which says clean or what is open."""

import json
import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error

from config import choosing
from integrations.marketplaces.models import Marketplace
from ledger import closing
from ledger.asking import Unaskable
from ledger.models import Closing
from ledger.refusals import Refused


class Command(BaseCommand):
    help = (
        "Close a day that is over. Exit code: 0 clean, 1 something is open, 2 could not close. "
        "Safe to repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--day", metavar="DATE", help="such as 2026-11-01; without it, yesterday"
        )
        parser.add_argument("--marketplace", metavar="ID", help="only this one: mkt_… or its name")
        parser.add_argument("--format", choices=["text", "json", "csv"], default="text")

    def handle(self, *_: Any, format: str, **asked: Any) -> None:
        try:
            day = _day(asked["day"])
            closed = [
                (one, closing.close(one.book_id, day))
                for one in choosing.marketplaces(asked["marketplace"])
            ]
        except (Unaskable, Refused, Error) as error:
            self.stderr.write(f"could not close: {error}")
            sys.exit(2)
        self.stdout.write(_FORMATS[format](closed))
        sys.exit(1 if any(one.status == Closing.Status.OPEN for _, one in closed) else 0)


def _day(text: str | None) -> date:
    if text is None:
        return closing.yesterday()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Unaskable(f"{text!r} is no day such as 2026-11-01") from error


def _text(closed: list[tuple[Marketplace, Closing]]) -> str:
    return "\n".join(_line(marketplace, one) for marketplace, one in closed)


def _line(marketplace: Marketplace, one: Closing) -> str:
    if one.status == Closing.Status.CLEAN:
        return f"{marketplace.name} {one.day}: clean"
    found, late = one.sheet["findings"], one.sheet["overdue"]["count"]
    parts = [part["part"] for part in one.sheet["parts"] if part["status"] not in closing.COMPARED]
    return (
        f"{marketplace.name} {one.day}: open: {found['count']} findings ({found['amount']} USD), "
        f"{late} overdue, not compared: {', '.join(parts) or 'nothing'}"
    )


def _json(closed: list[tuple[Marketplace, Closing]]) -> str:
    told = [
        {"marketplace": marketplace.pk, "status": one.status, **one.sheet}
        for marketplace, one in closed
    ]
    return json.dumps(told, indent=2)


def _csv(closed: list[tuple[Marketplace, Closing]]) -> str:
    return "".join(line for _, one in closed for line in closing.spreadsheet(one)).rstrip("\r\n")


_FORMATS = {"text": _text, "json": _json, "csv": _csv}
