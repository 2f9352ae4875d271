"""Those who read: balance, balance at a time, page of a statement; of short and long accounts."""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection

from benchmarks.writers import Tally
from ledger import balances, chart, clock
from ledger.chart import ADJUSTMENTS, available
from ledger.statements import Statement

PAGE = 20

# A history of transfers a second apart, each with an entry on both accounts. The triggers are off
# while it is written, since a million postings take minutes; the proofs look at it afterwards.
TRANSFERS = """
    INSERT INTO ledger_transfer (id, book_id, kind, cause, trail, actor, request_id, recorded_at)
    SELECT format('trf_%%s_%%s', %(subject)s, n), %(book)s, 'history',
           format('%%s/%%s', %(subject)s, n), '', 'bench', '', %(begin)s + n * interval '1 second'
      FROM generate_series(1, %(entries)s) AS n"""
ENTRIES = """
    INSERT INTO ledger_entry (transfer_id, account_id, version, amount, balance_after, recorded_at)
    SELECT format('trf_%%s_%%s', %(subject)s, n), a.id, a.version + n, side.sign,
           a.balance + a.normal * side.sign * n, %(begin)s + n * interval '1 second'
      FROM generate_series(1, %(entries)s) AS n,
           (VALUES ('available', %(subject)s, -1), ('adjustments', '', 1))
               AS side (kind, subject, sign)
      JOIN ledger_account a
        ON a.book_id = %(book)s AND a.kind = side.kind AND a.subject = side.subject"""
ACCOUNTS = """
    UPDATE ledger_account
       SET balance = balance + normal * CASE kind WHEN 'available' THEN -1 ELSE 1 END * %(entries)s,
           version = version + %(entries)s,
           changed_at = %(begin)s + %(entries)s * interval '1 second'
     WHERE book_id = %(book)s
       AND (kind, subject) IN (('available', %(subject)s), ('adjustments', ''))"""


def fill(book: int, subject: str, *, entries: int) -> None:
    """Write a history of so many entries."""
    chart.open_accounts(book, [available(subject), ADJUSTMENTS], owner=subject)
    begin = clock.now() - timedelta(seconds=2 * entries)
    values: dict[str, Any] = {"book": book, "subject": subject, "entries": entries, "begin": begin}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in (TRANSFERS, ENTRIES, ACCOUNTS):
            cursor.execute(statement, values)
        cursor.execute("RESET session_replication_role")
        cursor.execute("ANALYZE ledger_account, ledger_transfer, ledger_entry")


def reads(book: int, subject: str, *, entries: int) -> dict[str, Callable[[], Any]]:
    """What is measured, by its name."""
    end = clock.now() - timedelta(seconds=entries)
    account = available(subject)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM ledger_account WHERE book_id = %s AND kind = 'available'"
            " AND subject = %s", [book, subject],
        )  # fmt: skip
        statement = Statement(accounts=(int(cursor.fetchone()[0]),))
    middle = statement.page(limit=1)[0].place
    middle = middle._replace(
        microseconds=middle.microseconds - entries // 2 * 1_000_000, version=entries // 2
    )

    def then() -> Any:
        return end - timedelta(seconds=random.randrange(entries))

    return {
        "balance now": lambda: balances.of(book, account),
        "balance at a time": lambda: balances.of(book, account, at=then()),
        "first page of a statement": lambda: statement.page(limit=PAGE),
        "page in its middle": lambda: statement.page(limit=PAGE, below=middle),
    }


def read(act: Callable[[], Any], *, seconds: float) -> Tally:
    """Repeat one read from one connection."""
    for _ in range(20):
        act()
    tally, begun = Tally(), time.perf_counter()
    while (before := time.perf_counter()) < begun + seconds:
        act()
        tally.latencies.append((time.perf_counter() - before) * 1000)
    tally.rows, tally.seconds = len(tally.latencies), time.perf_counter() - begun
    return tally
