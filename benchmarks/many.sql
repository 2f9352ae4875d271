-- What the copying of houses needs: `houses`, one row for each copy, with what its names are made
-- of; `ours`, the accounts that all of them share; and `copied`, which renames whatever a text names.

CREATE TEMP TABLE houses AS
SELECT n, n * interval '{days} days' / {houses} AS earlier, lpad(to_hex(n), 8, '0') AS hex,
       (SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', (ms >> 45 - 5 * i & 31)::int + 1, 1), ''
                          ORDER BY i)
          FROM generate_series(0, 9) AS i) AS time,
       (SELECT string_agg(substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', (n >> 30 - 5 * i & 31) + 1, 1), ''
                          ORDER BY i)
          FROM generate_series(0, 6) AS i) AS name
  FROM generate_series(1, {houses}) AS n,
       LATERAL (SELECT (extract(epoch FROM now() - n * interval '{days} days' / {houses}) * 1000)::bigint AS ms) AS at;

CREATE TEMP TABLE ours AS SELECT id FROM ledger_account WHERE {accounts};

-- Ids get another time, hashes another beginning, addresses too; users and references a number.
CREATE FUNCTION pg_temp.copied(told text, ours text, house houses) RETURNS text LANGUAGE sql IMMUTABLE AS $$
SELECT CASE WHEN told !~ '[0-9]' AND told NOT IN ('ada', 'ben') OR told ~ ours THEN told ELSE
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(told,
        '\m((?!mkt_|key_|pac_)[a-z]+(?:_[a-z]+)*_)[0-9A-Z]{{10}}([0-9A-Z]{{16}})\M', '\1' || house.time || '\2', 'g'),
        '\m[0-9a-f]{{8}}([0-9a-f]{{20,56}}|-[0-9a-f]{{4}}-[0-9a-f-]{{22}})\M', house.hex || '\1', 'g'),
        '\m([GC])[A-Z2-7]{{7}}([A-Z2-7]{{48}})\M', '\1' || house.name || '\2', 'g'),
        '\m(simulated:|ada|ben|wd-|msg_[0-9a-f]{{8}}|[0-9]{{15}}-)(?!min)', '\1' || house.n || '.', 'g')
END $$;
