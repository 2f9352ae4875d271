"""What was said in a dispute is not rewritten: the same trigger that guards the ledger's record."""

from django.db import migrations


def append_only(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        sql=f"""
            CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()""",
        reverse_sql=f"DROP TRIGGER {table}_is_append_only ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("escrow", "0001_initial"), ("ledger", "0002_sql")]
    operations = [append_only("escrow_comment"), append_only("escrow_evidence")]
