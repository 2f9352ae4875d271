-- Opening and locking an account, for a role that may not write to ledger_account itself.
CREATE FUNCTION ledger_open_accounts(
    p_book bigint, p_owner text,
    p_kinds text[], p_subjects text[], p_assets text[], p_normals smallint[], p_floors bigint[]
) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO ledger_account (book_id, kind, subject, owner, asset, normal, floor,
                                balance, version, changed_at)
    SELECT p_book, kind, subject, p_owner, asset, normal, floor, 0, 0, ledger_now()
      FROM unnest(p_kinds, p_subjects, p_assets, p_normals, p_floors)
           AS opened (kind, subject, asset, normal, floor)
    ON CONFLICT (book_id, kind, subject, asset) DO NOTHING
$$;

-- The account under its lock, waited for in the same queue as a posting waits in.
CREATE FUNCTION ledger_lock_account(p_book bigint, p_kind text, p_subject text, p_asset text)
RETURNS SETOF ledger_account
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_account bigint;
BEGIN
    SELECT id INTO v_account FROM ledger_account
     WHERE book_id = p_book AND kind = p_kind AND subject = p_subject AND asset = p_asset;
    PERFORM pg_advisory_xact_lock(x'4F4646'::bigint << 40 | v_account);
    RETURN QUERY SELECT * FROM ledger_account WHERE id = v_account FOR NO KEY UPDATE;
END $$;
