"""Locking: several accounts at once, in the one order in which everybody waits for them.

A posting locks its own accounts so. Whoever makes several postings in one transaction locks all of
theirs first, or two such transactions could wait for each other.
"""

from collections.abc import Iterable

from django.db import connection

from ledger.atomicity import require_transaction
from ledger.chart import Account


def lock(accounts: Iterable[tuple[int, Account]]) -> None:
    """Lock these accounts (book and name) to the end of the caller's transaction.

    One that is not there is left to the posting to refuse.
    """
    require_transaction()
    wanted = {(book, *account) for book, account in accounts}
    if not wanted:
        return
    columns = [list(column) for column in zip(*wanted, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, columns)


_LOCK = """
    SELECT count(locked.id)
      FROM (SELECT a.* FROM ledger_account a
              JOIN unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])
                   AS wanted (book, kind, subject, asset)
                ON (a.book_id, a.kind, a.subject, a.asset)
                   = (wanted.book, wanted.kind, wanted.subject, wanted.asset)
             ORDER BY a.id) account,
           LATERAL ledger_lock_account(account.book_id, account.kind, account.subject,
                                       account.asset) locked"""
