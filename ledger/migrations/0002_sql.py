"""The clock, the append-only triggers and `ledger_post`: the SQL beside the models."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"

FILES = ("clock", "append_only", "post")
UNDO = """
DROP FUNCTION ledger_post, ledger_refuse_legs, ledger_posted_before;
DROP TRIGGER entries_sum_to_zero ON ledger_entry;
DROP TRIGGER entries_are_append_only ON ledger_entry;
DROP TRIGGER transfers_are_append_only ON ledger_transfer;
DROP TRIGGER events_are_not_deleted ON ledger_event;
DROP TRIGGER events_change_only_by_being_numbered ON ledger_event;
DROP FUNCTION ledger_prove_transfer, ledger_refuse_change, ledger_now;
DROP TABLE ledger_clock;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(
            sql="\n".join((SQL / f"{name}.sql").read_text() for name in FILES),
            reverse_sql=UNDO,
        )
    ]
