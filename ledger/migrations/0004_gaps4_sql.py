"""Arrivals are written by the database, with the entry that credits `unattributed`."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_gaps4")]
    operations = [
        migrations.RunSQL(
            sql=(SQL / "arrivals.sql").read_text(),
            reverse_sql="DROP TRIGGER arrivals_are_kept ON ledger_entry;"
            "DROP FUNCTION ledger_keep_arrivals;",
        )
    ]
