"""The hash chain: each transfer of a book is sealed with its entries and the hash before it."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection, transaction

from ledger.models import Book, Seal
from ledger.proofs import Fault

_AT_ONCE = 5_000


def seal(book: int) -> int:
    """Seal the committed transfers of a book, in the order in which they came to be seen.

    One sealer at a time per book. A transfer that commits late takes a later number: within one
    run they are ordered by time and id. Returns how many were sealed.
    """
    total = 0
    while sealed := _seal_some(book):
        total += sealed
    return total


def prove(
    *, book: int | None = None, progress: Callable[[int], None] = lambda _: None
) -> list[Fault]:
    """The first bad row of each book's chain, of all books or of one, and what has no seal.

    `progress` is told how many seals have been looked at since it was told last.
    """
    books = Book.objects.order_by("id").values_list("id", flat=True)
    found: list[Fault] = []
    for one in books if book is None else [book]:
        found += [*_first_bad_seal(one, progress), *_never_sealed(one)]
    return found


def exported(book: int) -> Iterator[dict[str, Any]]:
    """Every sealed transfer of a book in order, as `docs/verify_chain.py` reads it."""
    for start in range(1, last(book) + 1, _AT_ONCE):
        for row in _rows(_EXPORT, {"book": book, "start": start, "end": start + _AT_ONCE}):
            yield dict(zip(_COLUMNS, row, strict=True))


def last(book: int) -> int:
    """The number of the last seal of a book; 0 if there is none."""
    newest = Seal.objects.of(book).order_by("-number").values_list("number", flat=True)
    return newest.first() or 0


def waiting(book: int) -> int:
    """How many transfers of a book are not sealed yet."""
    [(count,)] = _rows(
        "SELECT count(*) FROM ledger_unsealed WHERE book_id = %(book)s", {"book": book}
    )
    return int(count)


def _seal_some(book: int) -> int:
    with transaction.atomic():
        query = "SELECT ledger_seal_waiting(%(book)s, %(most)s)"
        [(sealed,)] = _rows(query, {"book": book, "most": _AT_ONCE})
    return int(sealed)


def _first_bad_seal(book: int, progress: Callable[[int], None]) -> Iterator[Fault]:
    before, place, after = "0" * 64, 0, 0
    while rows := _rows(_RECOMPUTED, {"book": book, "after": after, "most": _AT_ONCE}):
        for number, transfer, previous, sealed, recomputed in rows:
            place += 1
            for rule, expected, observed in (
                ("seals are numbered without a gap", place, number),
                ("a seal names the hash before it", before, previous),
                ("a transfer is as it was sealed", sealed, recomputed or "no transfer"),
            ):
                if expected != observed:
                    row = f"seal {number} {transfer}"
                    yield Fault(rule, book, row, str(expected), str(observed))
                    return
            before, after = sealed, number
        progress(len(rows))


def _never_sealed(book: int) -> Iterator[Fault]:
    for (transfer,) in _rows(_UNSEALED, {"book": book}):
        rule = "every transfer is sealed or waits for it"
        yield Fault(rule, book, transfer, "a seal", "none")


def _rows(query: str, arguments: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        return list(cursor.fetchall())


_RECOMPUTED = """
    SELECT number, transfer_id, previous, hash, ledger_fingerprint(transfer_id, number, previous)
      FROM ledger_seal WHERE book_id = %(book)s AND number > %(after)s
     ORDER BY number LIMIT %(most)s"""
_UNSEALED = """
    SELECT t.id FROM ledger_transfer t
     WHERE t.book_id = %(book)s
       AND NOT EXISTS (SELECT FROM ledger_seal s WHERE s.transfer_id = t.id)
       AND NOT EXISTS (SELECT FROM ledger_unsealed u WHERE u.transfer_id = t.id)
     ORDER BY t.recorded_at, t.id LIMIT 1"""
_COLUMNS = (
    "previous", "book", "number", "transfer", "kind", "cause", "trail", "reverses", "actor",
    "request_id", "recorded_at", "entries", "hash",
)  # fmt: skip
_EXPORT = """
    SELECT s.previous, s.book_id, s.number, t.id, t.kind, t.cause, t.trail, t.reverses_id, t.actor,
           t.request_id, ledger_instant(t.recorded_at), ledger_entries_of(t.id), s.hash
      FROM ledger_seal s JOIN ledger_transfer t ON t.id = s.transfer_id
     WHERE s.book_id = %(book)s AND s.number >= %(start)s AND s.number < %(end)s
     ORDER BY s.number"""
