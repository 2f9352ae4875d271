"""What was signed, offered or seen is not rewritten, and the feed is read in one direction."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("providers", "0001_initial"), ("ledger", "0002_sql")]
    operations = [
        migrations.RunSQL(
            sql="""
                CREATE TRIGGER signings_are_append_only BEFORE UPDATE OR DELETE ON providers_signing
                    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()""",
            reverse_sql="DROP TRIGGER signings_are_append_only ON providers_signing",
        ),
        migrations.RunSQL(
            sql="""
                CREATE TRIGGER bids_are_append_only BEFORE UPDATE OR DELETE ON providers_bid
                    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()""",
            reverse_sql="DROP TRIGGER bids_are_append_only ON providers_bid",
        ),
        migrations.RunSQL(
            sql="""
                CREATE TRIGGER movements_are_append_only
                    BEFORE UPDATE OR DELETE ON providers_chainmovement
                    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
                CREATE FUNCTION providers_refuse_to_go_back() RETURNS trigger
                LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'the feed is not read backwards'
                        USING ERRCODE = 'integrity_constraint_violation',
                              CONSTRAINT = 'cursors_only_go_forward';
                END $$;
                CREATE TRIGGER cursors_only_go_forward
                    BEFORE UPDATE ON providers_chaincursor
                    FOR EACH ROW WHEN (NEW.token < OLD.token)
                    EXECUTE FUNCTION providers_refuse_to_go_back()""",
            reverse_sql="""
                DROP TRIGGER cursors_only_go_forward ON providers_chaincursor;
                DROP FUNCTION providers_refuse_to_go_back;
                DROP TRIGGER movements_are_append_only ON providers_chainmovement""",
        ),
    ]
