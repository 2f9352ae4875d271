"""The audit log is append-only, and an idempotency key is taken in one round trip."""

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
        ),
        migrations.RunSQL(
            # Each statement of the function sees what was committed while the one before waited.
            sql="""
                CREATE FUNCTION marketplaces_begin_request(
                    p_marketplace text, p_key text, p_fingerprint text
                ) RETURNS SETOF marketplaces_idempotencykey
                LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
                BEGIN
                    RETURN QUERY
                        INSERT INTO marketplaces_idempotencykey
                               (marketplace_id, key, fingerprint, resource_id, created_at)
                        VALUES (p_marketplace, p_key, p_fingerprint, '', clock_timestamp())
                        ON CONFLICT ON CONSTRAINT one_request_per_idempotency_key DO NOTHING
                        RETURNING *;
                    IF NOT FOUND THEN
                        RETURN QUERY
                            SELECT * FROM marketplaces_idempotencykey
                             WHERE marketplace_id = p_marketplace AND key = p_key;
                    END IF;
                END $$""",
            reverse_sql="DROP FUNCTION marketplaces_begin_request",
        ),
    ]
