"""Many houses from one: a small installation's rows are copied until its tables are large.

A copy has ids, addresses, hashes and references of its own, and lies some minutes before the one
before it; in bodies and payloads, which are only shown, stand those of the first. Triggers and
foreign keys are off meanwhile; accounts and wallets of the platform are shared. Nothing is posted:
these rows are there to be read, and the books do not balance.
"""

from collections.abc import Iterator
from pathlib import Path

import psycopg

ORDERS_IN_A_HOUSE = 5
SPREAD_DAYS = 90

# Of these only every so-manieth house has copies: what is much in a house is even more in many.
EVERY = {
    "ledger_event": 5, "providers_call": 10, "marketplaces_auditentry": 4,
    "marketplaces_idempotencykey": 4, "providers_signing": 4, "escrow_dispute": 20,
    "escrow_evidence": 20, "ledger_finding": 40, "ledger_arrival": 40, "ledger_approval": 40,
    "withdrawals_treasurymove": 20,
}  # fmt: skip
ALONE = {
    "ledger_book", "ledger_clock", "ledger_unsealed", "marketplaces_marketplace",
    "marketplaces_apikey", "marketplaces_maintenance", "providers_provideraccount",
    "providers_chaincursor", "providers_walletcheck",
}  # fmt: skip

# What stays as it is: the platform's own places.
_OURS = {
    "ledger_account": "owner = '' AND kind NOT IN ('contract', 'surplus', 'in_transit')",
    "providers_wallet": "holder = ''",
    "providers_address": "role IN ('TREASURY', 'FEES', 'RESOLVER')",
}

_HELP = (Path(__file__).parent / "many.sql").read_text()


def multiply(url: str, *, orders: int) -> Iterator[str]:
    """Copy the house of the first marketplace until there are so many orders; tells each table."""
    houses = orders // ORDERS_IN_A_HOUSE
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        text = _HELP.format(days=SPREAD_DAYS, houses=houses, accounts=_OURS["ledger_account"])
        connection.execute(text)
        ours = _names_of_ours(connection)
        for table in _tables(connection):
            rows = connection.execute(_copying(connection, table), {"ours": ours}).rowcount
            yield f"{table}: {rows:,}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _names_of_ours(connection: psycopg.Connection) -> str:
    """A pattern of the platform's wallets: a text that is one of them is not changed."""
    rows = connection.execute("SELECT id, address FROM providers_wallet WHERE holder = ''")
    names = "|".join(name for row in rows for name in row)
    return f"^({names})$"


def _tables(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND"
        " table_name ~ '^(ledger|marketplaces|providers|payments|escrow|withdrawals)_' ORDER BY 1"
    )
    return [name for (name,) in rows if name not in ALONE]


def _copying(connection: psycopg.Connection, table: str) -> str:
    """The statement that copies a table's rows once for each house."""
    columns = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'",
        [table],
    ).fetchall()
    names = ", ".join(f'"{name}"' for name, _ in columns)
    values = ", ".join(_value(f't."{name}"', (table, name, kind)) for name, kind in columns)
    where = f"NOT ({_OURS[table]})" if table in _OURS else "true"
    every = EVERY.get(table, 1)
    return (
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t, houses h"
        f" WHERE {where} AND mod(h.n, {every}) = 0 ORDER BY h.n DESC"
    )


def _value(column: str, place: tuple[str, str, str]) -> str:
    """What a copy has in this column; what is only shown may name what was copied."""
    further = f"{column} + h.n * 1000000::bigint"
    match place:
        case (_, "account_id", "bigint"):
            value = f"CASE WHEN {column} IN (SELECT id FROM ours) THEN {column} ELSE {further} END"
        case ("ledger_entry", "version", _) | (_, "id", "bigint"):
            value = further
        case (_, "sequence" | "number" | "operation_id", _):
            value = further
        case (_, _, "timestamp with time zone"):
            value = f"{column} - h.earlier"
        case (_, name, "character varying") if name in {"id", "trail"} or name.endswith(
            ("transfer_id", "order_id", "user_id", "buyer_id", "seller_id")
        ):
            is_shared = f"{column} = '' OR {column} ~ '^(mkt|key|pac)_' OR {column} ~ %(ours)s"
            later = f"overlay({column} PLACING h.time FROM length({column}) - 25 FOR 10)"
            value = f"CASE WHEN {is_shared} THEN {column} ELSE {later} END"
        case (_, _, "character varying"):
            value = f"pg_temp.copied({column}::text, %(ours)s, h.*::houses)"
        case _:
            value = column
    return value
