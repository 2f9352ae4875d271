-- One transfer in one round trip: resolve the accounts, lock them, refuse or write.
--
-- Locks first, in account order, and `FOR NO KEY UPDATE`: inserting entries before locking would
-- take a key-share lock on each account and then upgrade it, which collapses under contention.
-- The advisory lock ahead of each row lock is a fair queue for accounts that everybody wants.
-- Refusals are raised under the name of a constraint, which ledger/refusals.py turns into a code.

-- Room on each page for the next version of a row, so that a new balance touches no index.
ALTER TABLE ledger_account SET (fillfactor = 50);

CREATE FUNCTION ledger_post(
    p_id text, p_book bigint, p_kind text, p_cause text, p_trail text, p_reverses text,
    p_actor text, p_request text,
    p_kinds text[], p_subjects text[], p_assets text[], p_amounts bigint[]
) RETURNS TABLE (transfer_id text, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
-- Planning for the very arrays of each call would cost as much as the posting itself.
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_accounts bigint[];   -- by leg, in the order of the call
    v_is_wrong boolean;
    v_account  bigint;
    v_now      timestamptz;
    v_short    record;
BEGIN
    -- One look into the index per leg, whatever the planner thinks of the size of the table.
    SELECT array_agg(leg.account ORDER BY leg.place),
           bool_or(leg.account IS NULL OR leg.amount = 0) OR min(leg.asset) <> max(leg.asset) OR sum(leg.amount) <> 0
      INTO v_accounts, v_is_wrong
      FROM (SELECT l.*, (SELECT a.id FROM ledger_account a
                          WHERE a.book_id = p_book AND a.kind = l.kind AND a.subject = l.subject AND a.asset = l.asset
                        ) AS account
              FROM unnest(p_kinds, p_subjects, p_assets, p_amounts)
                   WITH ORDINALITY AS l (kind, subject, asset, amount, place)) leg;
    IF v_is_wrong IS NOT FALSE THEN  -- unknown is wrong, too: there are no legs
        PERFORM ledger_refuse_legs(p_book, v_accounts, p_kinds, p_subjects, p_assets, p_amounts);
    END IF;

    FOR v_account IN SELECT DISTINCT unnest(v_accounts) ORDER BY 1 LOOP
        PERFORM pg_advisory_xact_lock(x'4F4646'::bigint << 40 | v_account);
    END LOOP;
    PERFORM 1 FROM ledger_account WHERE id = ANY (v_accounts) ORDER BY id FOR NO KEY UPDATE;

    -- The time is taken under the locks, so that it grows along each account.
    SELECT greatest(ledger_now(), max(changed_at)) INTO v_now
      FROM ledger_account WHERE id = ANY (v_accounts);
    INSERT INTO ledger_transfer (id, book_id, kind, cause, trail, reverses_id, actor, request_id, recorded_at)
    VALUES (p_id, p_book, p_kind, p_cause, p_trail, p_reverses, p_actor, p_request, v_now)
    ON CONFLICT (book_id, kind, cause) DO NOTHING;
    IF NOT FOUND THEN
        RETURN QUERY SELECT ledger_posted_before(p_book, p_kind, p_cause, v_accounts, p_amounts), false;
        RETURN;
    END IF;

    SELECT a.kind, a.subject, a.balance, -a.normal * leg.total AS requested INTO v_short
      FROM (SELECT account, sum(amount) AS total FROM unnest(v_accounts, p_amounts) AS l (account, amount)
             GROUP BY account) leg
      JOIN ledger_account a ON a.id = leg.account
     WHERE a.balance + a.normal * leg.total < a.floor LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% holds too little', v_short.kind
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'balance_stays_above_its_floor',
                  DETAIL = json_build_object('account', v_short.kind, 'subject', v_short.subject,
                                             'available', v_short.balance, 'requested', v_short.requested);
    END IF;

    WITH leg AS MATERIALIZED (
        SELECT l.place, l.amount, a.id AS account,
               a.balance + (a.normal * sum(l.amount) OVER so_far)::bigint AS balance_after,
               a.version + row_number() OVER so_far AS version
          FROM unnest(v_accounts, p_amounts) WITH ORDINALITY AS l (account, amount, place)
          JOIN ledger_account a ON a.id = l.account
        WINDOW so_far AS (PARTITION BY a.id ORDER BY l.place)),
    written AS (
        INSERT INTO ledger_entry (transfer_id, account_id, version, amount, balance_after, recorded_at)
        SELECT p_id, account, version, amount, balance_after, v_now FROM leg ORDER BY place)
    UPDATE ledger_account a
       SET balance = a.balance + (a.normal * moved.total)::bigint, version = a.version + moved.legs, changed_at = v_now
      FROM (SELECT account, sum(amount) AS total, count(*) AS legs FROM leg GROUP BY account) moved
     WHERE a.id = moved.account;
    RETURN QUERY SELECT p_id, true;
END $$;

-- Refuse what can never be posted, before anything is locked.
CREATE FUNCTION ledger_refuse_legs(
    p_book bigint, p_accounts bigint[], p_kinds text[], p_subjects text[], p_assets text[], p_amounts bigint[]
) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_name text;
    v_leg  record;
BEGIN
    SELECT leg.kind, leg.subject INTO v_leg
      FROM unnest(p_accounts, p_kinds, p_subjects) AS leg (id, kind, subject) WHERE leg.id IS NULL LIMIT 1;
    IF FOUND THEN
        v_name := CASE WHEN EXISTS (SELECT FROM ledger_account WHERE book_id <> p_book AND kind = v_leg.kind
                                       AND subject = v_leg.subject AND subject <> '')
                       THEN 'account_is_of_this_book' ELSE 'account_is_open' END;
    ELSIF (SELECT count(DISTINCT asset) FROM unnest(p_assets) AS asset) > 1 THEN
        v_name := 'transfer_has_one_asset';
    ELSIF cardinality(p_amounts) = 0 OR 0 = ANY (p_amounts) THEN
        v_name := 'transfer_moves_something';
    ELSIF (SELECT sum(amount) FROM unnest(p_amounts) AS amount) <> 0 THEN
        v_name := 'transfer_balances';
    ELSE
        RETURN;
    END IF;
    RAISE EXCEPTION 'refused: %', v_name
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = v_name,
              DETAIL = CASE WHEN v_leg IS NULL THEN '' ELSE
                           json_build_object('account', v_leg.kind, 'subject', v_leg.subject)::text END;
END $$;

-- The transfer that this cause made before, if its entries are the same; refused otherwise.
CREATE FUNCTION ledger_posted_before(
    p_book bigint, p_kind text, p_cause text, p_accounts bigint[], p_amounts bigint[]
) RETURNS text LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_id text;
BEGIN
    SELECT id INTO STRICT v_id FROM ledger_transfer
     WHERE book_id = p_book AND kind = p_kind AND cause = p_cause;
    IF (SELECT array_agg(ARRAY[account_id, amount] ORDER BY account_id, amount)
          FROM ledger_entry WHERE transfer_id = v_id)
       IS DISTINCT FROM
       (SELECT array_agg(ARRAY[account, amount] ORDER BY account, amount)
          FROM unnest(p_accounts, p_amounts) AS leg (account, amount)) THEN
        RAISE EXCEPTION '% was posted before with other entries', p_cause
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'one_transfer_per_cause',
                  DETAIL = json_build_object('transfer', v_id);
    END IF;
    RETURN v_id;
END $$;
