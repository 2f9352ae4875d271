-- The hash chain over the transfers of a book; docs/hash-chain.md says what is hashed.

-- What is not sealed yet. Written with the transfer, so that a transfer that commits late is found
-- here when it does, and takes the next number: no seal is ever put before another.
CREATE TABLE ledger_unsealed (transfer_id text NOT NULL, book_id bigint NOT NULL);

CREATE FUNCTION ledger_queue_for_sealing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO ledger_unsealed SELECT id, book_id FROM fresh;
    RETURN NULL;
END $$;

CREATE TRIGGER transfers_wait_for_their_seal AFTER INSERT ON ledger_transfer
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_queue_for_sealing();

CREATE FUNCTION ledger_forget_unsealed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    TRUNCATE ledger_unsealed;
    RETURN NULL;
END $$;

CREATE TRIGGER nothing_waits_after_a_truncate AFTER TRUNCATE ON ledger_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_forget_unsealed();

CREATE FUNCTION ledger_instant(p_moment timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(p_moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- PL/pgSQL keeps the plans of these two; SQL functions would be planned anew for every transfer.
CREATE FUNCTION ledger_entries_of(p_transfer text) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT ('[' || coalesce(string_agg(json_build_array(
                   a.kind, a.subject, a.asset, e.version, e.amount, e.balance_after,
                   ledger_instant(e.recorded_at))::text, ', ' ORDER BY e.id), '') || ']')::json
          FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
         WHERE e.transfer_id = p_transfer);
END $$;

-- The SHA-256 over the facts as one JSON array, spelled as Python's json.dumps spells it.
CREATE FUNCTION ledger_fingerprint(p_transfer text, p_number bigint, p_previous text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT encode(sha256(convert_to(json_build_array(
                   p_previous, t.book_id, p_number, t.id, t.kind, t.cause, t.trail, t.reverses_id, t.actor,
                   t.request_id, ledger_instant(t.recorded_at), ledger_entries_of(t.id))::text, 'UTF8')), 'hex')
          FROM ledger_transfer t WHERE t.id = p_transfer);
END $$;

-- Seal what waits, at most so many; returns how many. One at a time per book.
CREATE FUNCTION ledger_seal_waiting(p_book bigint, p_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_before   bigint;
    v_number   bigint;
    v_hash     text;
    v_previous text;
    v_transfer text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('seals', p_book));
    SELECT number, hash INTO v_before, v_hash FROM ledger_seal
     WHERE book_id = p_book ORDER BY number DESC LIMIT 1;
    v_before := coalesce(v_before, 0);
    v_hash := coalesce(v_hash, repeat('0', 64));
    v_number := v_before;
    FOR v_transfer IN
        SELECT t.id FROM ledger_unsealed u JOIN ledger_transfer t ON t.id = u.transfer_id
         WHERE u.book_id = p_book ORDER BY t.recorded_at, t.id LIMIT p_most
    LOOP
        v_number := v_number + 1;
        v_previous := v_hash;
        v_hash := ledger_fingerprint(v_transfer, v_number, v_previous);
        INSERT INTO ledger_seal (transfer_id, book_id, number, previous, hash)
        VALUES (v_transfer, p_book, v_number, v_previous, v_hash);
    END LOOP;
    DELETE FROM ledger_unsealed u USING ledger_seal s
     WHERE u.book_id = p_book AND s.transfer_id = u.transfer_id
       AND s.book_id = p_book AND s.number > v_before;
    RETURN v_number - v_before;
END $$;

CREATE TRIGGER seals_are_append_only BEFORE UPDATE OR DELETE ON ledger_seal
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
