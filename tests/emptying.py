"""Emptying: after a test with committed rows only the tables that have any are emptied.

Django would TRUNCATE every table, and with that make a new file for each of them and of their
indexes: some five hundred, a thousand times. The triggers that guard the record are switched off
for these deletes, which takes a superuser; for anybody else it stays with TRUNCATE.

Content types and permissions stay: nobody changes them, and Django would write them all again.
"""

from collections.abc import Iterable
from typing import Any

from django.core.management.commands import flush
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

UNGUARDED = "SET LOCAL session_replication_role = replica"  # no trigger, no foreign key is asked
NO_MODELS = {"ledger_unsealed", "ledger_clock"}
STAY = {"django_content_type", "auth_permission", "django_migrations"}
_by_truncate = DatabaseOperations.sql_flush


def instead_of_truncate() -> None:
    """Have Django empty the database like this."""
    DatabaseOperations.sql_flush = _by_delete  # type: ignore[method-assign]
    flush.emit_post_migrate_signal = lambda *_, **__: None


def is_allowed() -> bool:
    """Whether this user may switch the triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        return bool(cursor.fetchone()[0])


def filled(tables: Iterable[str]) -> list[str]:
    """Those of the tables that have rows and are emptied, as they are named in SQL."""
    names = [connection.ops.quote_name(it) for it in sorted({*tables, *NO_MODELS} - STAY)]
    asked = (f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return [name for (name,) in cursor.fetchall()]


def _by_delete(self: Any, style: Any, tables: list[str], **options: Any) -> list[str]:
    if not tables or not is_allowed():
        return _by_truncate(self, style, sorted({*tables} - STAY), **options)
    return [UNGUARDED, *(f"DELETE FROM {name}" for name in filled(tables))]
