-- A reversal is the exact mirror of one transfer: of the same book, once, and not of a reversal.
ALTER TABLE ledger_transfer
    RENAME CONSTRAINT ledger_transfer_reverses_id_key TO one_reversal_per_transfer;

CREATE FUNCTION ledger_reverse(p_id text, p_book bigint, p_transfer text, p_actor text, p_request text)
RETURNS TABLE (transfer_id text, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_first ledger_transfer;
    v_name  text;
BEGIN
    SELECT * INTO v_first FROM ledger_transfer WHERE id = p_transfer;
    v_name := CASE
        WHEN v_first.id IS NULL THEN 'transfer_is_known'
        WHEN v_first.book_id <> p_book THEN 'transfer_is_of_this_book'
        WHEN v_first.reverses_id IS NOT NULL THEN 'reversal_is_not_reversed'
        WHEN EXISTS (SELECT FROM ledger_transfer WHERE reverses_id = p_transfer)
            THEN 'one_reversal_per_transfer'
    END;
    IF v_name IS NULL THEN
        RETURN QUERY SELECT posted.transfer_id, posted.is_new
          FROM (SELECT array_agg(a.kind::text ORDER BY e.id) AS kinds,
                       array_agg(a.subject::text ORDER BY e.id) AS subjects,
                       array_agg(a.asset::text ORDER BY e.id) AS assets,
                       array_agg(-e.amount ORDER BY e.id) AS amounts
                  FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                 WHERE e.transfer_id = p_transfer) mirror,
               ledger_post(p_id, p_book, 'reversal', p_transfer, v_first.trail, p_transfer,
                           p_actor, p_request, kinds, subjects, assets, amounts) posted
         WHERE posted.is_new;
        IF FOUND THEN
            RETURN;
        END IF;
        v_name := 'one_reversal_per_transfer';  -- somebody was faster, while we waited for the locks
    END IF;
    RAISE EXCEPTION 'refused: %', v_name
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = v_name,
              DETAIL = json_build_object('transfer', p_transfer);
END $$;

-- The same for whatever else writes `reverses`: seen at commit, when the entries are there.
CREATE FUNCTION ledger_prove_reversal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_first ledger_transfer;
    v_name  text;
BEGIN
    SELECT * INTO STRICT v_first FROM ledger_transfer WHERE id = NEW.reverses_id;
    v_name := CASE
        WHEN v_first.book_id <> NEW.book_id THEN 'transfer_is_of_this_book'
        WHEN v_first.reverses_id IS NOT NULL THEN 'reversal_is_not_reversed'
        WHEN (SELECT array_agg(ARRAY[account_id, amount] ORDER BY account_id, amount)
                FROM ledger_entry WHERE transfer_id = NEW.id)
             IS DISTINCT FROM
             (SELECT array_agg(ARRAY[account_id, -amount] ORDER BY account_id, -amount)
                FROM ledger_entry WHERE transfer_id = NEW.reverses_id)
            THEN 'reversal_is_the_mirror'
    END;
    IF v_name IS NOT NULL THEN
        RAISE EXCEPTION '% does not reverse %: %', NEW.id, NEW.reverses_id, v_name
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = v_name;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER reversals_are_mirrors AFTER INSERT ON ledger_transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.reverses_id IS NOT NULL)
    EXECUTE FUNCTION ledger_prove_reversal();
