"""Emptying: after a test with committed rows only the tables that have any are emptied.

Django would TRUNCATE every table, and with that make a new file for each of them and of their
indexes: some five hundred, a thousand times. The triggers that guard the record are switched off
for these deletes, which takes a superuser; for anybody else it stays with TRUNCATE.

Content types and permissions stay: nobody changes them, and Django would write them all again.
"""

from typing import Any

from django.core.management.commands import flush
from django.db.backends.postgresql.operations import DatabaseOperations

NO_MODELS = {"ledger_unsealed", "ledger_clock"}
STAY = {"django_content_type", "auth_permission"}
_by_truncate = DatabaseOperations.sql_flush


def instead_of_truncate() -> None:
    """Have Django empty the database like this."""
    DatabaseOperations.sql_flush = _by_delete  # type: ignore[method-assign]
    flush.emit_post_migrate_signal = lambda *_, **__: None


def _by_delete(self: Any, style: Any, tables: list[str], **options: Any) -> list[str]:
    tables = sorted({*tables, *NO_MODELS} - STAY) if tables else []
    with self.connection.cursor() as cursor:
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        if not tables or not cursor.fetchone()[0]:
            return _by_truncate(self, style, tables, **options)
        names = [self.quote_name(table) for table in tables]
        asked = (f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names)
        cursor.execute(" UNION ALL ".join(asked))
        filled = [name for (name,) in cursor.fetchall()]
    return ["SET LOCAL session_replication_role = replica", *(f"DELETE FROM {it}" for it in filled)]
