-- Whatever credits `unattributed` is an arrival that somebody has to claim: no posting can forget
-- to say so. Its id is the transfer's with another prefix.
CREATE FUNCTION ledger_keep_arrivals() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO ledger_arrival (id, book_id, transfer_id, kind, cause, amount, approval, holder,
                                status, created_at, status_since)
    SELECT 'arr' || substr(t.id, 4), t.book_id, t.id, t.kind, t.cause, -sum(f.amount), '', '',
           'UNCLAIMED', t.recorded_at, t.recorded_at
      FROM fresh f JOIN ledger_account a ON a.id = f.account_id AND a.kind = 'unattributed'
           JOIN ledger_transfer t ON t.id = f.transfer_id
     GROUP BY t.id HAVING sum(f.amount) < 0;
    RETURN NULL;
END $$;

CREATE TRIGGER arrivals_are_kept AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_keep_arrivals();

-- What had arrived before there were arrivals.
INSERT INTO ledger_arrival (id, book_id, transfer_id, kind, cause, amount, approval, holder,
                            status, created_at, status_since)
SELECT 'arr' || substr(t.id, 4), t.book_id, t.id, t.kind, t.cause, -sum(e.amount), '', '',
       'UNCLAIMED', t.recorded_at, t.recorded_at
  FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'unattributed'
       JOIN ledger_transfer t ON t.id = e.transfer_id
 GROUP BY t.id HAVING sum(e.amount) < 0;
