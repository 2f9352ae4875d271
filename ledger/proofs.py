"""Proofs: every invariant of the books, read in one snapshot; what they return is what is wrong."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
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


Broken = Callable[[dict[str, Any]], Iterator[Fault]]


def _among(row: str, *, touched: str) -> str:
    """The rows that are asked about: of one book or all, touched since a moment or ever."""
    return (
        f"(%(book)s::bigint IS NULL OR {row}.book_id = %(book)s)"
        f" AND (%(since)s::timestamptz IS NULL OR {touched})"
    )


_CHANGED = _among("a", touched="a.changed_at >= %(since)s")
# An account, or a row that it stands for:
_CHANGED_OR = _among(
    "a",
    touched="""(a.changed_at >= %(since)s OR (a.book_id, a.subject) IN (
        SELECT m.book_id, m.{subject} FROM {row} m WHERE m.status_since >= %(since)s))""",
)
_MOVED_ON = """(a.changed_at >= %(since)s OR EXISTS (
        SELECT FROM ledger_arrival m
         WHERE m.book_id = a.book_id AND m.status_since >= %(since)s))"""
_ANY_OF_THREE = "greatest(c.changed_at, e.changed_at, s.changed_at) >= %(since)s"

# Each query returns (book, subject, expected, observed) for every row that breaks the rule, and
# compares each row that it looks at with the whole of its history.
# Between entries, balances and books:
ARITHMETIC = {
    "every transfer balances": f"""
        SELECT t.book_id, t.id, 0, sum(e.amount) FROM ledger_transfer t
          LEFT JOIN ledger_entry e ON e.transfer_id = t.id
         WHERE {_among("t", touched="t.recorded_at >= %(since)s")}
         GROUP BY t.book_id, t.id HAVING sum(e.amount) IS DISTINCT FROM 0""",
    "a transfer stays within its book": f"""
        SELECT t.book_id, t.id, t.book_id, a.book_id FROM ledger_transfer t
          JOIN ledger_entry e ON e.transfer_id = t.id JOIN ledger_account a ON a.id = e.account_id
         WHERE a.book_id <> t.book_id
           AND {_among("t", touched="t.recorded_at >= %(since)s")}""",
    "every book sums to zero": """
        SELECT book_id, asset, 0, sum(normal * balance::numeric) FROM ledger_account
         WHERE %(book)s::bigint IS NULL OR book_id = %(book)s
         GROUP BY book_id, asset HAVING sum(normal * balance::numeric) <> 0
           AND (%(since)s::timestamptz IS NULL OR max(changed_at) >= %(since)s)""",
    "a balance is the sum of its entries": f"""
        SELECT a.book_id, a.kind || ' ' || a.subject, coalesce(sum(e.amount), 0) * a.normal,
               a.balance
          FROM ledger_account a LEFT JOIN ledger_entry e ON e.account_id = a.id
         WHERE {_CHANGED}
         GROUP BY a.id HAVING coalesce(sum(e.amount), 0) * a.normal <> a.balance""",
    "versions have no gap": f"""
        SELECT a.book_id, a.kind || ' ' || a.subject, a.version, count(e.id)
          FROM ledger_account a LEFT JOIN ledger_entry e ON e.account_id = a.id
         WHERE {_CHANGED}
         GROUP BY a.id
        HAVING count(e.id) <> a.version OR coalesce(max(e.version), 0) <> a.version""",
    "an entry remembers the balance after it": f"""
        SELECT book_id, transfer_id, so_far, balance_after
          FROM (SELECT a.book_id, e.transfer_id, e.balance_after,
                       a.normal * sum(e.amount) OVER (PARTITION BY a.id ORDER BY e.version)
                         AS so_far
                  FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                 WHERE {_CHANGED}) remembered
         WHERE so_far <> balance_after""",
    "no balance is below its floor": f"""
        SELECT a.book_id, a.kind || ' ' || a.subject, a.floor, a.balance FROM ledger_account a
         WHERE a.balance < a.floor AND {_CHANGED}""",
}

# Between balances and the rows that they stand for:
BACKING = {
    "reserved is the sum of the open holds": f"""
        SELECT a.book_id, a.subject, coalesce(sum(h.amount), 0), a.balance FROM ledger_account a
          LEFT JOIN ledger_hold h
            ON h.book_id = a.book_id AND h.user = a.subject AND h.status = 'OPEN'
         WHERE a.kind = 'reserved' AND {_CHANGED_OR.format(subject="user", row="ledger_hold")}
         GROUP BY a.id HAVING coalesce(sum(h.amount), 0) <> a.balance""",
    "what a contract holds is owed": f"""
        SELECT c.book_id, c.subject, e.balance::numeric + s.balance, c.balance FROM ledger_account c
          JOIN ledger_account e
            ON e.book_id = c.book_id AND e.kind = 'escrowed' AND e.subject = c.subject
          JOIN ledger_account s
            ON s.book_id = c.book_id AND s.kind = 'surplus' AND s.subject = c.subject
         WHERE c.kind = 'contract' AND c.balance <> e.balance::numeric + s.balance
           AND {_among("c", touched=_ANY_OF_THREE)}""",
    "unattributed is the sum of what nobody has claimed": f"""
        SELECT a.book_id, a.kind, coalesce(sum(n.amount), 0), a.balance FROM ledger_account a
          LEFT JOIN ledger_arrival n
            ON n.book_id = a.book_id AND n.status IN ('UNCLAIMED', 'GOING_BACK')
         WHERE a.kind = 'unattributed' AND {_among("a", touched=_MOVED_ON)}
         GROUP BY a.id HAVING coalesce(sum(n.amount), 0) <> a.balance""",
    "no more is promised than an account holds": f"""
        SELECT a.book_id, a.kind || ' ' || a.subject, a.balance, sum(l.amount) FROM ledger_account a
          JOIN ledger_allocation l ON l.account_id = a.id AND l.closed_at IS NULL
         GROUP BY a.id HAVING sum(l.amount) > a.balance
           AND {_among("a", touched="greatest(a.changed_at, max(l.opened_at)) >= %(since)s")}""",
}


def faults(
    *,
    book: int | None = None,
    since: datetime | None = None,
    watching: Callable[[str], None] = lambda _: None,
) -> list[Fault]:
    """Every broken invariant, of all books or of one, in one REPEATABLE READ snapshot.

    `since` leaves out what has not been touched from that moment on; `watching` is told the name
    of each invariant before it is looked at. The isolation is set only where this opens the
    transaction: inside a test's own block it reads as is.
    """
    is_ours = not connection.in_atomic_block
    found: list[Fault] = []
    with transaction.atomic():
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for invariant, broken in _invariants().items():
            watching(invariant)
            found += broken({"book": book, "since": since})
    return found


def backing(book: int) -> list[Fault]:
    """Balances of a book that are not the sum of the rows that they stand for."""
    asked = {"book": book, "since": None}
    return [fault for broken in _backing().values() for fault in broken(asked)]


def backings() -> list[str]:
    """What `backing` looks at."""
    return list(_backing())


def invariants() -> list[str]:
    """What `faults` looks at, in its order."""
    return list(_invariants())


def arithmetic() -> list[Fault]:
    """The part of the proof that needs nothing but the entries themselves."""
    everything = {"book": None, "since": None}
    return [
        fault
        for invariant, query in ARITHMETIC.items()
        for fault in _of_query(invariant, query, everything)
    ]


def _invariants() -> dict[str, Broken]:
    """Each invariant's name, and who finds what breaks it among the rows that are asked about."""
    all_of_them: dict[str, Broken] = {
        name: partial(_of_query, name, query) for name, query in ARITHMETIC.items()
    }
    for noun in _nouns():
        if hasattr(noun, "TRANSFERS"):
            name = f"every {noun.NOUN} has the transfers of its status"
            all_of_them[name] = partial(_transfers_fit_the_status, noun)
    return all_of_them | _backing()


def _backing() -> dict[str, Broken]:
    found: dict[str, Broken] = {
        name: partial(_of_query, name, query) for name, query in BACKING.items()
    }
    for noun in _nouns():
        if hasattr(noun, "BACKED_BY"):
            name = f"{noun.BACKED_BY[0]} is the sum of every {noun.NOUN} under way"
            found[name] = partial(_of_query, name, _account_is_the_sum(noun))
    return found


def _nouns() -> list[Any]:
    return [wired(name) for name in table("NOUNS")]


def _of_query(invariant: str, query: str, asked: dict[str, Any]) -> Iterator[Fault]:
    for book, subject, expected, observed in _rows(query, asked):
        yield Fault(invariant, book, subject, str(expected), str(observed))


def _transfers_fit_the_status(noun: type[Lifecycle], asked: dict[str, Any]) -> Iterator[Fault]:
    """Each status says which kinds of transfer must and may exist; compared both ways."""
    cause = getattr(noun, "CAUSED_BY", "id")  # the column that its transfers are named by
    touched = f"""(n.status_since >= %(since)s OR (n.book_id, n.{cause}) IN (
                 SELECT m.book_id, m.cause FROM ledger_transfer m
                  WHERE m.recorded_at >= %(since)s))"""
    query = f"""
        SELECT n.book_id, n.id, n.status, array_remove(array_agg(DISTINCT t.kind), NULL)
          FROM {noun._meta.db_table} n LEFT JOIN ledger_transfer t
            ON t.book_id = n.book_id AND t.cause = n.{cause}
         WHERE {_among("n", touched=touched)}
         GROUP BY n.book_id, n.id, n.status"""
    for book, subject, status, kinds in _rows(query, asked):
        allowed = noun.TRANSFERS.get(status, [set()])  # type: ignore[attr-defined]
        if set(kinds) not in allowed:
            wanted = " or ".join(str(sorted(kinds)) for kinds in allowed)
            what = f"{noun.NOUN} {status} has its transfers"
            yield Fault(what, book, subject, wanted, str(sorted(kinds)))


def _account_is_the_sum(noun: type[Lifecycle]) -> str:
    """An account is the sum of the rows that are in certain states, and zero without any.

    A row `n` counts with its amount, or with what the noun's `BACKED_AMOUNT` says in SQL.
    """
    kind, subject, statuses = noun.BACKED_BY  # type: ignore[attr-defined]
    row, amount = noun._meta.db_table, getattr(noun, "BACKED_AMOUNT", "n.amount")
    under_way = ", ".join(f"'{status}'" for status in statuses)
    return f"""
        SELECT a.book_id, a.subject, coalesce(sum({amount}), 0), a.balance
          FROM ledger_account a LEFT JOIN {row} n ON n.book_id = a.book_id
           AND n.{subject} = a.subject AND n.status IN ({under_way})
         WHERE a.kind = '{kind}' AND {_CHANGED_OR.format(subject=subject, row=row)}
         GROUP BY a.id HAVING coalesce(sum({amount}), 0) <> a.balance"""


def _rows(query: str, asked: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, asked)
        return list(cursor.fetchall())
