"""What was written into the audit log is not rewritten: the trigger that guards the ledger."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("marketplaces", "0001_initial"), ("ledger", "0002_sql")]
    operations = [
        migrations.RunSQL(
            sql="""
                CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE
                    ON marketplaces_auditentry
                    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()""",
            reverse_sql="DROP TRIGGER audit_is_append_only ON marketplaces_auditentry",
        )
    ]
