"""An idempotency key is taken, or waited for, or found, in one round trip."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("marketplaces", "0002_sql")]
    operations = [
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
        )
    ]
