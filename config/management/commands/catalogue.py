"""`manage.py catalogue`: every state, edge, event, account and refusal, printed from the code."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import get_resolver

from ledger import acts, chart, refusals
from ledger.wiring import table, wired

PAGE: Path = settings.BASE_DIR / "docs" / "catalogue.md"


class Command(BaseCommand):
    help = "Write docs/catalogue.md from the tables of the code; --check fails when it differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *_: Any, check: bool = False, **__: Any) -> None:
        page = catalogue()
        if not check:
            PAGE.write_text(page)
        elif not PAGE.exists() or PAGE.read_text() != page:
            self.stderr.write("docs/catalogue.md is out of date: run manage.py catalogue")
            sys.exit(1)


def catalogue() -> str:
    """The whole page, as Markdown."""
    get_resolver().url_patterns  # noqa: B018 – with the routes, every room's refusals are loaded
    parts = (_heading(), _states(), _reactions(), _accounts(), _decisions(), _codes())
    return "\n".join(line for part in parts for line in part) + "\n"


def _heading() -> Iterator[str]:
    yield "# Catalogue"
    yield ""
    yield "Printed by `manage.py catalogue` from the tables in the code; a test fails on drift."


def _states() -> Iterator[str]:
    yield from ("", "## States", "")
    for name in table("NOUNS"):
        noun: Any = wired(name)
        yield f"### {noun.NOUN}"
        yield from ("", "| from | to | stands at most | event |", "|---|---|---|---|")
        yield from (_state(noun, status) for status in noun.Status)
        yield ""


def _state(noun: Any, status: Any) -> str:
    edges = " ".join(str(to) for to in noun.Status if to in noun.TRANSITIONS[status])
    limit = noun.STANDS_AT_MOST.get(status, "–")
    return f"| {status} | {edges or '–'} | {limit} | `{noun.type_of(status)}` |"


def _reactions() -> Iterator[str]:
    yield from ("## What follows an event", "", "| event | wakes |", "|---|---|")
    for event, tasks in sorted(table("REACTIONS").items()):
        yield f"| `{event}` | {', '.join(f'`{task}`' for task in tasks)} |"


def _accounts() -> Iterator[str]:
    yield from ("", "## Accounts", "", "| account | side | floor | means |", "|---|---|---|---|")
    for name, kind in chart.CHART.items():
        side = "debit" if kind.normal == chart.DEBIT else "credit"
        yield f"| `{name}` | {side} | {'–' if kind.floor is None else kind.floor} | {kind.means} |"


def _decisions() -> Iterator[str]:
    yield from ("", "## What operators may decide", "")
    yield from ("| act | about | permission | does |", "|---|---|---|---|")
    for act in acts.known().values():
        about = act.about._meta.verbose_name
        yield f"| {act.title} | {about} | `{act.permission}` | {act.explains} |"


def _codes() -> Iterator[str]:
    yield from ("", "## Refusals", "")
    yield "Those of our rooms; the codes of HTTP itself and of fields are in the OpenAPI document."
    yield from ("", "| code | status | means |", "|---|---|---|")
    families = {
        refusals.Invalid: 400,
        refusals.NotFound: 404,
        refusals.Conflict: 409,
        refusals.Refusal: 422,
    }
    for family, status in families.items():
        for code, means in sorted(set(_told(family))):
            yield f"| `{code}` | {status} | {means} |"


def _told(family: type[refusals.Refused]) -> Iterator[tuple[str, str]]:
    """The codes of a family; the one-line docstring of each class is its message."""
    for refused in family.__subclasses__():
        yield refused.code, (refused.__doc__ or "").strip().split("\n")[0]
        yield from _told(refused)
