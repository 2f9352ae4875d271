"""What was offered for a transaction is not rewritten: whichever bid applies must be known as ours."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("providers", "0003_custody")]
    operations = [
        migrations.RunSQL(
            sql="""
                CREATE TRIGGER bids_are_append_only BEFORE UPDATE OR DELETE ON providers_bid
                    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()""",
            reverse_sql="DROP TRIGGER bids_are_append_only ON providers_bid",
        )
    ]
