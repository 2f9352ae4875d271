"""Proofs: every invariant of the books, read in one snapshot; what they return is what is wrong."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection, transaction

from .lifecycle import Lifecycle
from .wiring import table, wired


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken invariant: its name, the book, whom it concerns, and the figures."""

    invariant: str
    book: int
    subject: str
    expected: str
    observed: str

    def told(self) -> dict[str, Any]:
        return asdict(self)


# Each query returns (book, subject, expected, observed) for every row that breaks the rule.
# Between entries, balances and books:
ARITHMETIC = {
    "every transfer balances": """
        SELECT t.book_id, t.id, 0, sum(e.amount) FROM ledger_transfer t
          JOIN ledger_entry e ON e.transfer_id = t.id
         GROUP BY t.book_id, t.id HAVING sum(e.amount) <> 0""",
    "a transfer stays within its book": """
        SELECT t.book_id, t.id, t.book_id, a.book_id FROM ledger_transfer t
          JOIN ledger_entry e ON e.transfer_id = t.id JOIN ledger_account a ON a.id = e.account_id
         WHERE a.book_id <> t.book_id""",
    "every book sums to zero": """
        SELECT book_id, asset, 0, sum(normal * balance) FROM ledger_account
         GROUP BY book_id, asset HAVING sum(normal * balance) <> 0""",
    "a balance is the sum of its entries": """
        SELECT a.book_id, a.kind || ' ' || a.subject, coalesce(sum(e.amount), 0) * a.normal,
               a.balance
          FROM ledger_account a LEFT JOIN ledger_entry e ON e.account_id = a.id
         GROUP BY a.id HAVING coalesce(sum(e.amount), 0) * a.normal <> a.balance""",
    "versions have no gap": """
        SELECT a.book_id, a.kind || ' ' || a.subject, a.version, count(e.id)
          FROM ledger_account a LEFT JOIN ledger_entry e ON e.account_id = a.id
         GROUP BY a.id
        HAVING count(e.id) <> a.version OR coalesce(max(e.version), 0) <> a.version""",
    "an entry remembers the balance after it": """
        SELECT a.book_id, e.transfer_id, e.so_far * a.normal, e.balance_after
          FROM (SELECT *, sum(amount) OVER (PARTITION BY account_id ORDER BY version) AS so_far
                  FROM ledger_entry) e JOIN ledger_account a ON a.id = e.account_id
         WHERE e.so_far * a.normal <> e.balance_after""",
    "no balance is below its floor": """
        SELECT book_id, kind || ' ' || subject, floor, balance FROM ledger_account
         WHERE balance < floor""",
}

# Between balances and the rows that they stand for:
BACKING = {
    "reserved is the sum of the open holds": """
        SELECT a.book_id, a.subject, coalesce(sum(h.amount), 0), a.balance FROM ledger_account a
          LEFT JOIN ledger_hold h
            ON h.book_id = a.book_id AND h.user = a.subject AND h.status = 'OPEN'
         WHERE a.kind = 'reserved'
         GROUP BY a.id HAVING coalesce(sum(h.amount), 0) <> a.balance""",
    "what a contract holds is owed": """
        SELECT c.book_id, c.subject, e.balance + s.balance, c.balance FROM ledger_account c
          JOIN ledger_account e
            ON e.book_id = c.book_id AND e.kind = 'escrowed' AND e.subject = c.subject
          JOIN ledger_account s
            ON s.book_id = c.book_id AND s.kind = 'surplus' AND s.subject = c.subject
         WHERE c.kind = 'contract' AND c.balance <> e.balance + s.balance""",
    "no more is promised than an account holds": """
        SELECT a.book_id, a.kind || ' ' || a.subject, a.balance, sum(l.amount) FROM ledger_account a
          JOIN ledger_allocation l ON l.account_id = a.id AND l.closed_at IS NULL
         GROUP BY a.id HAVING sum(l.amount) > a.balance""",
}


def faults(*, book: int | None = None) -> list[Fault]:
    """Every broken invariant, of all books or of one, in one REPEATABLE READ snapshot.

    The isolation is set only where this opens the transaction: inside a test's own block it reads
    as is.
    """
    is_ours = not connection.in_atomic_block
    with transaction.atomic():
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        found = [*arithmetic(), *_of_queries(BACKING), *_of_nouns()]
    return [fault for fault in found if book in {None, fault.book}]


def arithmetic() -> list[Fault]:
    """The part of the proof that needs nothing but the entries themselves."""
    return list(_of_queries(ARITHMETIC))


def _of_queries(queries: dict[str, str]) -> Iterator[Fault]:
    for invariant, query in queries.items():
        with connection.cursor() as cursor:
            cursor.execute(query)
            for in_book, subject, expected, observed in cursor.fetchall():
                yield Fault(invariant, in_book, subject, str(expected), str(observed))


def _of_nouns() -> Iterator[Fault]:
    for name in table("NOUNS"):
        noun: Any = wired(name)
        if hasattr(noun, "TRANSFERS"):
            yield from _transfers_fit_the_status(noun)
        if hasattr(noun, "BACKED_BY"):
            yield from _account_is_the_sum(noun)


def _transfers_fit_the_status(noun: type[Lifecycle]) -> Iterator[Fault]:
    """Each status says which kinds of transfer must and may exist; compared both ways."""
    row = noun._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT n.book_id, n.id, n.status, array_remove(array_agg(DISTINCT t.kind), NULL)
                  FROM {row} n LEFT JOIN ledger_transfer t
                    ON t.book_id = n.book_id AND t.cause = n.id
                 GROUP BY n.book_id, n.id, n.status"""
        )
        for book, subject, status, kinds in cursor.fetchall():
            allowed = noun.TRANSFERS.get(status, [set()])  # type: ignore[attr-defined]
            if set(kinds) not in allowed:
                wanted = " or ".join(str(sorted(kinds)) for kinds in allowed)
                what = f"{noun.NOUN} {status} has its transfers"
                yield Fault(what, book, subject, wanted, str(sorted(kinds)))


def _account_is_the_sum(noun: type[Lifecycle]) -> Iterator[Fault]:
    """An account is the sum of the rows that are in certain states, and zero without any."""
    kind, subject, statuses = noun.BACKED_BY  # type: ignore[attr-defined]
    row = noun._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT a.book_id, a.subject, coalesce(sum(n.amount), 0), a.balance
                  FROM ledger_account a LEFT JOIN {row} n ON n.book_id = a.book_id
                   AND n.{subject} = a.subject AND n.status = ANY (%s)
                 WHERE a.kind = %s
                 GROUP BY a.id HAVING coalesce(sum(n.amount), 0) <> a.balance""",
            [list(statuses), kind],
        )
        for book, subject_, expected, observed in cursor.fetchall():
            what = f"{kind} is the sum of every {noun.NOUN} under way"
            yield Fault(what, book, subject_, str(expected), str(observed))
