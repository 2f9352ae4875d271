-- What is recorded is not changed. TRUNCATE stays possible, for test databases only.
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'record_is_append_only';
END $$;

CREATE TRIGGER transfers_are_append_only BEFORE UPDATE OR DELETE ON ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER entries_are_append_only BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER comments_are_append_only BEFORE UPDATE OR DELETE ON ledger_comment
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON ledger_event
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();

-- An event changes once: it is given its place in the feed.
CREATE TRIGGER events_change_only_by_being_numbered BEFORE UPDATE ON ledger_event
    FOR EACH ROW
    WHEN (OLD.sequence IS NOT NULL OR NEW.sequence IS NULL
          OR to_jsonb(OLD) - 'sequence' IS DISTINCT FROM to_jsonb(NEW) - 'sequence')
    EXECUTE FUNCTION ledger_refuse_change();
