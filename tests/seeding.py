"""Beginnings: what many tests start from is played once in a run, and its rows laid out again."""

import json
from collections.abc import Callable
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction

from tests import emptying

Told = dict[str, str]
COLUMNS = """
    SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


class Beginnings:
    """Each has a name, and what whoever starts from it must be told: addresses, keys, ids."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, tuple[list[str], Told]] = {}

    def seed(self) -> Told:
        """Two marketplaces with their pretended providers, as `make sandbox` has them."""
        return self.reach("seed", self._seed)

    def reach(self, name: str, play: Callable[[], Told]) -> Told:
        """Where `play` leads to, from whatever it starts from."""
        if name in self._kept:
            copies, told = self._kept[name]
            _write(copies)
            return dict(told)
        told = play()
        if emptying.is_allowed():
            self._kept[name] = _copies(name), dict(told)
        return told

    def _seed(self) -> Told:
        output = self._folder / "sandbox.json"
        call_command("roles", verbosity=0)
        call_command("seed", output=str(output), verbosity=0)
        told: Told = json.loads(output.read_text())
        return told


def _copies(name: str) -> list[str]:
    """The rows are kept in a schema of that name; the statements that bring them back."""
    copies = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}")
        for table in emptying.filled(connection.introspection.table_names()):
            cursor.execute(f"CREATE TABLE {name}.{table} AS TABLE {table}")
            cursor.execute(COLUMNS, [table])
            (columns,) = cursor.fetchone()
            copies.append(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {name}.{table}")
    return copies


def _write(copies: list[str]) -> None:
    others = emptying.filled(connection.introspection.table_names())
    cleared = [f"DELETE FROM {table}" for table in others]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("; ".join([emptying.UNGUARDED, *cleared, *copies]))
