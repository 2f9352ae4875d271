-- What time it is: the server's clock plus the offset that only the sandbox advances.
CREATE TABLE ledger_clock (
    only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT one_clock CHECK (only_row),
    ahead    interval NOT NULL DEFAULT '0' CONSTRAINT clock_never_runs_backwards CHECK (ahead >= '0')
);

CREATE FUNCTION ledger_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT clock_timestamp() + coalesce((SELECT ahead FROM ledger_clock), interval '0')
$$;
