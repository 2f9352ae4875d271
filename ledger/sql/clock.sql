-- What time it is: the server's clock plus the offset that only the sandbox advances.
CREATE TABLE ledger_clock (
    only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT one_clock CHECK (only_row),
    ahead    interval NOT NULL DEFAULT '0' CONSTRAINT clock_never_runs_backwards CHECK (ahead >= '0')
);

-- PL/pgSQL keeps the plan; a function in SQL would be planned again at every posting.
CREATE FUNCTION ledger_now() RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN clock_timestamp() + coalesce((SELECT ahead FROM ledger_clock), interval '0');
END $$;
