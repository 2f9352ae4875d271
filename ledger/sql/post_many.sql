-- Many transfers in one round trip, each answered as if `ledger_post` had been asked for it alone,
-- one after the other: a row that is refused leaves its neighbours as they are.
--
-- What can never be posted is found for all rows at once. Whether a floor holds depends on which
-- rows before it were accepted, and no set tells that: `ledger_judge_rows` walks through the batch
-- in memory, under the locks, before anything is written. So nothing has to be taken back, and one
-- statement per table writes what was accepted.
CREATE FUNCTION ledger_post_many(
    p_book bigint, p_actor text, p_request text,
    p_ids text[], p_kinds text[], p_causes text[], p_trails text[],                      -- by row
    p_rows int[], p_on text[], p_subjects text[], p_assets text[], p_amounts numeric[]   -- by leg
) RETURNS TABLE (place int, transfer_id text, is_new boolean, refusal text, details json)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
-- A plan for ten rows, as one for any arrays is, would compare each row of a batch with each other.
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_accounts bigint[];   -- by leg
    v_hopeless text[];     -- by row: the refusal of what can never be posted
    v_verdicts text[];     -- by row: 'new', 'known', or the name of its refusal
    v_details  json[];
    v_account  bigint;
    v_now      timestamptz;
    v_written  int;
BEGIN
    SELECT array_agg(a.id ORDER BY leg.place) INTO v_accounts
      FROM unnest(p_on, p_subjects, p_assets) WITH ORDINALITY AS leg (kind, subject, asset, place)
      LEFT JOIN ledger_account a
        ON a.book_id = p_book AND a.kind = leg.kind AND a.subject = leg.subject AND a.asset = leg.asset;
    SELECT array_agg(r.refusal ORDER BY r.place), array_agg(r.details ORDER BY r.place)
      INTO v_hopeless, v_details
      FROM ledger_refuse_rows(p_book, cardinality(p_ids), p_rows, v_accounts, p_on, p_subjects, p_assets, p_amounts) r;

    -- The fair queue is for the accounts of the book, that everybody wants. One lock for each of a
    -- long file's accounts would fill the server's table of locks; row locks are without limit.
    FOR v_account IN SELECT id FROM ledger_account WHERE id = ANY (v_accounts) AND subject = '' ORDER BY id LOOP
        PERFORM pg_advisory_xact_lock(x'4F4646'::bigint << 40 | v_account);
    END LOOP;
    PERFORM 1 FROM ledger_account WHERE id = ANY (v_accounts) ORDER BY id FOR NO KEY UPDATE;
    SELECT greatest(ledger_now(), max(changed_at)) INTO v_now
      FROM ledger_account WHERE id = ANY (v_accounts);

    LOOP
        SELECT judged.verdicts, judged.details INTO v_verdicts, v_details
          FROM ledger_judge_rows(p_book, p_kinds, p_causes, v_hopeless, v_details, p_rows, v_accounts, p_amounts) judged;
        BEGIN
            -- Sorted, or two batches with the same causes would wait for each other in a ring.
            INSERT INTO ledger_transfer (id, book_id, kind, cause, trail, actor, request_id, recorded_at)
            SELECT r.id, p_book, r.kind, r.cause, r.trail, p_actor, p_request, v_now
              FROM unnest(p_ids, p_kinds, p_causes, p_trails, v_verdicts) AS r (id, kind, cause, trail, verdict)
             WHERE r.verdict = 'new' ORDER BY r.kind, r.cause
            ON CONFLICT (book_id, kind, cause) DO NOTHING;
            GET DIAGNOSTICS v_written = ROW_COUNT;
            EXIT WHEN v_written = cardinality(array_positions(v_verdicts, 'new'));
            RAISE SQLSTATE 'OH409';
        EXCEPTION WHEN SQLSTATE 'OH409' THEN
            NULL;  -- somebody has posted one of these causes since it was judged: judge anew
        END;
    END LOOP;

    WITH leg AS MATERIALIZED (
        SELECT l.place, r.id AS transfer, l.amount::bigint AS amount, a.id AS account,
               (a.balance + a.normal * sum(l.amount) OVER so_far)::bigint AS balance_after,
               a.version + row_number() OVER so_far AS version
          FROM unnest(p_rows, v_accounts, p_amounts) WITH ORDINALITY AS l (of_row, account, amount, place)
          JOIN unnest(p_ids, v_verdicts) WITH ORDINALITY AS r (id, verdict, of_row)
            ON r.of_row = l.of_row AND r.verdict = 'new'
          JOIN ledger_account a ON a.id = l.account
        WINDOW so_far AS (PARTITION BY a.id ORDER BY l.place)),
    written AS (
        INSERT INTO ledger_entry (transfer_id, account_id, version, amount, balance_after, recorded_at)
        SELECT transfer, account, version, amount, balance_after, v_now FROM leg ORDER BY leg.place)
    UPDATE ledger_account a
       SET balance = (a.balance + a.normal * moved.total)::bigint, version = a.version + moved.legs, changed_at = v_now
      FROM (SELECT account, sum(amount) AS total, count(*) AS legs FROM leg GROUP BY account) moved
     WHERE a.id = moved.account;

    RETURN QUERY
    SELECT r.place::int, coalesce(known.id, r.id), r.verdict = 'new',
           CASE WHEN r.verdict = 'known' AND NOT known.is_same THEN 'one_transfer_per_cause'
                WHEN r.verdict NOT IN ('new', 'known') THEN r.verdict END,
           CASE WHEN r.verdict = 'known' THEN json_build_object('transfer', known.id) ELSE r.details END
      FROM unnest(p_ids, v_verdicts, v_details) WITH ORDINALITY AS r (id, verdict, details, place)
      LEFT JOIN ledger_known_rows(p_book, p_kinds, p_causes, v_verdicts, p_rows, v_accounts, p_amounts) AS known
        ON known.place = r.place
     ORDER BY r.place;
END $$;

-- What can never be posted, whatever the balances are; one row per transfer, in order.
CREATE FUNCTION ledger_refuse_rows(
    p_book bigint, p_count int, p_rows int[], p_accounts bigint[],
    p_on text[], p_subjects text[], p_assets text[], p_amounts numeric[]
) RETURNS TABLE (place int, refusal text, details json)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH leg AS MATERIALIZED (
        SELECT * FROM unnest(p_rows, p_accounts, p_on, p_subjects, p_assets, p_amounts)
            WITH ORDINALITY AS l (of_row, account, kind, subject, asset, amount, place)),
    facts AS (
        SELECT of_row, min(asset) <> max(asset) AS is_mixed, sum(amount) <> 0 AS is_unbalanced,
               bool_or(amount NOT BETWEEN -9223372036854775808 AND 9223372036854775807) AS is_too_large
          FROM leg GROUP BY of_row),
    missing AS (
        SELECT DISTINCT ON (of_row) of_row, kind, subject,
               CASE WHEN EXISTS (SELECT FROM ledger_account a WHERE a.book_id <> p_book AND a.kind = leg.kind
                                    AND a.subject = leg.subject AND a.subject <> '')
                    THEN 'account_is_of_this_book' ELSE 'account_is_open' END AS refusal
          FROM leg WHERE account IS NULL ORDER BY of_row, place)
    SELECT r.place,
           CASE WHEN facts.of_row IS NULL THEN 'transfer_moves_something'
                WHEN facts.is_too_large THEN 'amount_fits_an_account'
                WHEN missing.of_row IS NOT NULL THEN missing.refusal
                WHEN facts.is_mixed THEN 'transfer_has_one_asset'
                WHEN facts.is_unbalanced THEN 'transfer_balances' END,
           CASE WHEN missing.of_row IS NOT NULL
                THEN json_build_object('account', missing.kind, 'subject', missing.subject) END
      FROM generate_series(1, p_count) AS r (place)
      LEFT JOIN facts ON facts.of_row = r.place
      LEFT JOIN missing ON missing.of_row = r.place
$$;

-- Row by row, as they came: known by its cause, refused by a floor, or new. The accounts are locked.
CREATE FUNCTION ledger_judge_rows(
    p_book bigint, p_kinds text[], p_causes text[], p_hopeless text[], p_details json[],
    p_rows int[], p_accounts bigint[], p_amounts numeric[], OUT verdicts text[], OUT details json[]
) LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_accounts bigint[];   -- each one once, in order; the next two by its place here
    v_balances numeric[];  -- as they will be: wider than the column, so that an overflow is seen
    v_floors   bigint[];
    v_taken    boolean[];  -- by cause
    v_row      record;
    v_at       int;
    v_short    int;
    v_is_large boolean;
    v_end      numeric;
BEGIN
    verdicts := p_hopeless;
    details := p_details;
    v_taken := array_fill(false, ARRAY[cardinality(p_causes)]);
    SELECT array_agg(a.id ORDER BY a.id), array_agg(a.balance ORDER BY a.id), array_agg(a.floor ORDER BY a.id)
      INTO v_accounts, v_balances, v_floors
      FROM ledger_account a WHERE a.id = ANY (p_accounts);

    FOR v_row IN
        SELECT r.place, dense_rank() OVER (ORDER BY r.kind, r.cause) AS cause, t.id IS NOT NULL AS is_known,
               leg.places, leg.amounts
          FROM unnest(p_kinds, p_causes, p_hopeless) WITH ORDINALITY AS r (kind, cause, refusal, place)
          JOIN (SELECT l.of_row, array_agg(a.place ORDER BY l.place) AS places,
                       array_agg(a.normal * l.amount ORDER BY l.place) AS amounts
                  FROM unnest(p_rows, p_accounts, p_amounts) WITH ORDINALITY AS l (of_row, account, amount, place)
                  JOIN (SELECT id, normal, row_number() OVER (ORDER BY id) AS place
                          FROM ledger_account WHERE id = ANY (p_accounts)) a ON a.id = l.account
                 GROUP BY l.of_row) leg ON leg.of_row = r.place
          LEFT JOIN ledger_transfer t ON t.book_id = p_book AND t.kind = r.kind AND t.cause = r.cause
         WHERE r.refusal IS NULL ORDER BY r.place
    LOOP
        IF v_row.is_known OR v_taken[v_row.cause] THEN
            verdicts[v_row.place] := 'known';
            CONTINUE;
        END IF;
        v_is_large := false;
        FOR i IN 1 .. cardinality(v_row.places) LOOP
            v_at := v_row.places[i];
            v_balances[v_at] := v_balances[v_at] + v_row.amounts[i];
            v_is_large := v_is_large OR abs(v_row.amounts[i]) > 9223372036854775807
                       OR v_balances[v_at] NOT BETWEEN -9223372036854775808 AND 9223372036854775807;
        END LOOP;
        v_short := NULL;
        FOREACH v_at IN ARRAY v_row.places LOOP
            IF v_balances[v_at] < v_floors[v_at] THEN
                v_short := v_at;
                EXIT;
            END IF;
        END LOOP;
        IF v_short IS NULL AND NOT v_is_large THEN
            verdicts[v_row.place] := 'new';
            v_taken[v_row.cause] := true;
            CONTINUE;
        END IF;
        verdicts[v_row.place] := CASE WHEN v_short IS NULL THEN 'amount_fits_an_account'
                                      ELSE 'balance_stays_above_its_floor' END;
        v_end := v_balances[v_short];
        FOR i IN 1 .. cardinality(v_row.places) LOOP
            v_at := v_row.places[i];
            v_balances[v_at] := v_balances[v_at] - v_row.amounts[i];
        END LOOP;
        details[v_row.place] := (
            SELECT json_build_object('account', a.kind, 'subject', a.subject, 'available', v_balances[v_short],
                                     'requested', v_balances[v_short] - v_end)
              FROM ledger_account a WHERE a.id = v_accounts[v_short]);
    END LOOP;
END $$;

-- The transfers that the known rows' causes made before, and whether their entries are the same.
CREATE FUNCTION ledger_known_rows(
    p_book bigint, p_kinds text[], p_causes text[], p_verdicts text[],
    p_rows int[], p_accounts bigint[], p_amounts numeric[]
) RETURNS TABLE (place bigint, id text, is_same boolean)
LANGUAGE sql SET search_path = public, pg_temp AS $$
    SELECT r.place, t.id,
           asked.legs = (SELECT array_agg(ARRAY[e.account_id, e.amount] ORDER BY e.account_id, e.amount)
                           FROM ledger_entry e WHERE e.transfer_id = t.id)
      FROM unnest(p_kinds, p_causes, p_verdicts) WITH ORDINALITY AS r (kind, cause, verdict, place)
      JOIN ledger_transfer t ON t.book_id = p_book AND t.kind = r.kind AND t.cause = r.cause
      JOIN (SELECT of_row, array_agg(ARRAY[account, amount::bigint] ORDER BY account, amount) AS legs
              FROM unnest(p_rows, p_accounts, p_amounts) AS l (of_row, account, amount)
             WHERE p_verdicts[of_row] = 'known' GROUP BY of_row) asked ON asked.of_row = r.place
     WHERE r.verdict = 'known'
$$;
