"""What was signed is not rewritten: the same trigger that guards the ledger's record."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("providers", "0001_initial"), ("ledger", "0002_sql")]
    operations = [
        migrations.RunSQL(
            sql="""
                CREATE TRIGGER signings_are_append_only BEFORE UPDATE OR DELETE ON providers_signing
                    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()""",
            reverse_sql="DROP TRIGGER signings_are_append_only ON providers_signing",
        )
    ]
