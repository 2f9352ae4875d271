-- The last word on the books, whatever wrote them: each statement that touches entries or accounts
-- leaves them whole, or does not happen. Cheap, because a statement's rows are looked at together.

-- Entries sum to zero per transfer, and each one follows the entry before it on its account.
-- Entries and accounts are therefore written by one statement, as `ledger_post` does.
CREATE FUNCTION ledger_prove_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh GROUP BY transfer_id HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'the entries of a transfer do not sum to zero'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'transfer_balances';
    END IF;
    IF EXISTS (
        SELECT FROM fresh f JOIN ledger_account a ON a.id = f.account_id
         WHERE f.version > a.version
            OR f.balance_after - a.normal * f.amount IS DISTINCT FROM
               CASE f.version WHEN 1 THEN 0 ELSE
                   (SELECT balance_after FROM ledger_entry
                     WHERE account_id = f.account_id AND version = f.version - 1) END) THEN
        RAISE EXCEPTION 'an entry does not follow the one before it'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'entry_follows_the_one_before';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER entries_are_proved AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_prove_entries();

-- An account says what its last entry says.
CREATE FUNCTION ledger_prove_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM fresh a
         WHERE a.balance IS DISTINCT FROM
               CASE a.version WHEN 0 THEN 0 ELSE
                   (SELECT balance_after FROM ledger_entry
                     WHERE account_id = a.id AND version = a.version) END) THEN
        RAISE EXCEPTION 'a balance is not that of the last entry'
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'balance_is_that_of_the_last_entry';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER opened_accounts_are_proved AFTER INSERT ON ledger_account
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_prove_accounts();
CREATE TRIGGER moved_accounts_are_proved AFTER UPDATE ON ledger_account
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_prove_accounts();

-- Not even back to an older entry; and what an account is called never changes.
CREATE TRIGGER versions_only_grow BEFORE UPDATE ON ledger_account
    FOR EACH ROW WHEN (NEW.version < OLD.version) EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER accounts_keep_their_name
    BEFORE UPDATE OF id, book_id, kind, subject, asset, normal ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER accounts_are_not_deleted BEFORE DELETE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
