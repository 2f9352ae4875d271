"""`manage.py openapi`: the contract that every installation serves, as a file."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator

from config.urls import api

PAGE: Path = settings.BASE_DIR / "docs" / "openapi.json"


class Command(BaseCommand):
    help = "Write docs/openapi.json from the routes; --check fails when it differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *_: Any, check: bool = False, **__: Any) -> None:
        page = document()
        if not check:
            PAGE.write_text(page)
        elif not PAGE.exists() or PAGE.read_text() != page:
            self.stderr.write("docs/openapi.json is out of date: run manage.py openapi")
            sys.exit(1)


def document() -> str:
    """The document without the sandbox's routes, so that it is the same wherever it is made."""
    generator = SchemaGenerator(patterns=[path("api/v1/", include(api))])
    schema = generator.get_schema(request=None, public=True)
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
