"""The sandbox's seed: written once by its command, and laid out again for every test."""

import json
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction

from tests import emptying

COLUMNS = """
    SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


class Seed:
    """Two marketplaces with their pretended providers, as `make sandbox` has them."""

    def __init__(self, told: Path) -> None:
        self._file = told
        self._kept: list[str] = []

    def lay_out(self) -> dict[str, str]:
        """What the command tells about it: addresses and keys."""
        if self._kept:
            self._write_again()
        else:
            call_command("roles", verbosity=0)
            call_command("seed", output=str(self._file), verbosity=0)
            self._keep()
        told: dict[str, str] = json.loads(self._file.read_text())
        return told

    def _keep(self) -> None:
        if not emptying.is_allowed():
            return
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA IF EXISTS seeded CASCADE; CREATE SCHEMA seeded")
            for name in emptying.filled(connection.introspection.table_names()):
                cursor.execute(f"CREATE TABLE seeded.{name} AS TABLE {name}")
                cursor.execute(COLUMNS, [name])
                (columns,) = cursor.fetchone()
                kept = f"SELECT {columns} FROM seeded.{name}"
                self._kept.append(f"INSERT INTO {name} ({columns}) {kept}")

    def _write_again(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("; ".join([emptying.UNGUARDED, *self._kept]))
