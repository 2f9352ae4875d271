-- The application's role: reads everything, posts through the functions, and touches no balance.
-- Applied by the owner of the tables after each `migrate`; safe to repeat:
--     psql -v role=offerhub_app -f ledger/sql/role.sql "$OWNER_DATABASE_URL"
GRANT USAGE ON SCHEMA public TO :role;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :role;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO :role;

-- Books, word by word: only functions write here, and the record of migrations and the clock are
-- the owner's.
REVOKE INSERT, UPDATE, DELETE ON
    ledger_account, ledger_transfer, ledger_entry, ledger_seal, ledger_unsealed, ledger_clock,
    django_migrations FROM :role;

-- What happened and what was signed is added, never changed; an event is given its number.
REVOKE UPDATE, DELETE ON ledger_event, providers_signing FROM :role;
GRANT UPDATE (sequence) ON ledger_event TO :role;

-- The doors, which run with the owner's rights, open for this role alone.
REVOKE EXECUTE ON FUNCTION
    ledger_post, ledger_post_many, ledger_reverse, ledger_open_accounts, ledger_lock_account,
    ledger_seal_waiting FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    ledger_post, ledger_post_many, ledger_reverse, ledger_open_accounts, ledger_lock_account,
    ledger_seal_waiting TO :role;
