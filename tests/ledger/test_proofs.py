"""Each invariant, broken once as somebody with every right could, is named by its sentence."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from ledger import allocations, clock, holds, proofs
from ledger.chart import AIRTM_FLOAT, PER_ESCROW, UNATTRIBUTED, Account, available, reserved
from ledger.events import SYSTEM
from ledger.models import Transfer
from ledger.posting import credit, debit, post
from tests.ledger.books import Books, later, open_books, usd

pytestmark = pytest.mark.django_db

ADA = available("usr_ada")
# Sentence → what breaks it. <first> is the first transfer, <other> another book.
BROKEN_ARITHMETIC = {
    "every transfer balances": "UPDATE ledger_entry SET amount = 1 WHERE transfer_id = <first>"
    " AND amount > 0",
    "a transfer stays within its book": "UPDATE ledger_transfer SET book_id = <other>"
    " WHERE id = <first>",
    "every book sums to zero": "UPDATE ledger_account SET balance = balance + 1"
    " WHERE kind = 'available'",
    "a balance is the sum of its entries": "UPDATE ledger_account SET balance = balance + 1"
    " WHERE kind IN ('available', 'airtm_float')",
    "versions have no gap": "UPDATE ledger_account SET version = version + 1"
    " WHERE kind = 'available'",
    "an entry remembers the balance after it": "UPDATE ledger_entry SET balance_after = 1"
    " WHERE transfer_id = <first>",
    "no balance is below its floor": "ALTER TABLE ledger_account"
    " DROP CONSTRAINT balance_stays_above_its_floor;"
    " UPDATE ledger_account SET balance = -1 WHERE kind = 'available'",
}
BROKEN_BACKING = {
    "reserved is the sum of the open holds": "UPDATE ledger_hold SET amount = amount + 1",
    "what a contract holds is owed": "UPDATE ledger_account SET balance = 1 WHERE kind = 'surplus'",
    "unattributed is the sum of what nobody has claimed": "UPDATE ledger_arrival SET amount = 1",
    "no more is promised than an account holds": "UPDATE ledger_allocation SET amount = 520000001",
}


@pytest.fixture
def books() -> Books:
    """Ada has 50 dollars out of two top-ups, holds 5 of them, and 1 of the float is promised."""
    books = open_books()
    books.user("usr_ada")
    books.open(*(Account(kind, "esc_a") for kind in PER_ESCROW), owner="usr_ada")
    books.top_up("usr_ada", "20")
    books.top_up("usr_ada", "30")
    books.move("deposit_unattributed", AIRTM_FLOAT, UNATTRIBUTED, "2")
    with transaction.atomic():
        promise = {"operation": "wd_1", "amount": usd("1")}
        allocations.open_for(book=books.number, name=AIRTM_FLOAT, **promise)
        hold = holds.open_for(
            book=books.number, user="usr_ada", purpose="ord_1", amount=usd("5"),
            expires_at=None, by=SYSTEM,
        )  # fmt: skip
        legs = [debit(ADA, usd("5")), credit(reserved("usr_ada"), usd("5"))]
        post(books.number, "reserve", cause=hold.id, legs=legs, by=SYSTEM, trail="ord_1")
    return books


@contextmanager
def broken(sql: str, books: Books) -> Iterator[None]:
    """Somebody changes the record behind its triggers; undone in the end."""
    first = Transfer.objects.of(books.number).order_by("recorded_at", "id")[0]
    other = open_books("Elsewhere").number
    sql = sql.replace("<first>", f"'{first.id}'").replace("<other>", str(other))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET LOCAL session_replication_role = origin")
        yield
        transaction.set_rollback(True)


def named(books: Books, *, since: datetime | None = None) -> set[str]:
    return {fault.invariant for fault in proofs.faults(book=books.number, since=since)}


def proved(*arguments: str) -> tuple[int, str, str]:
    """The command's exit code, and what it printed on both of its streams."""
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("prove_ledger", *arguments, stdout=out, stderr=err)
    return int(str(end.value.code)), out.getvalue(), err.getvalue()


def test_every_invariant_of_the_tables_is_broken_here() -> None:
    assert set(BROKEN_ARITHMETIC) == set(proofs.ARITHMETIC)
    assert set(BROKEN_BACKING) == set(proofs.BACKING)


@pytest.mark.parametrize(("sentence", "sql"), (BROKEN_ARITHMETIC | BROKEN_BACKING).items())
def test_what_is_broken_is_named_by_its_sentence(books: Books, sentence: str, sql: str) -> None:
    assert named(books) == set()
    with broken(sql, books):
        found = {fault.invariant for fault in proofs.faults()}
        assert sentence in found
        assert (sentence in {fault.invariant for fault in proofs.arithmetic()}) is (
            sentence in BROKEN_ARITHMETIC
        )


def test_a_status_without_its_transfers_is_named(books: Books) -> None:
    with broken("UPDATE ledger_hold SET status = 'VOIDED'", books):
        assert "hold VOIDED has its transfers" in named(books)


@pytest.mark.parametrize(
    ("sentence", "sql"),
    [
        *(BROKEN_ARITHMETIC | BROKEN_BACKING).items(),
        ("hold VOIDED has its transfers", "UPDATE ledger_hold SET status = 'VOIDED'"),
    ],
)
def test_since_skips_what_is_older_and_compares_the_rest_with_its_whole_history(
    books: Books, sentence: str, sql: str
) -> None:
    long_ago = clock.now() - timedelta(hours=1)
    later(hours=1)
    with broken(sql, books):
        if "<other>" not in sql:
            assert sentence in named(books, since=long_ago)
        assert named(books, since=clock.now()) == set()


def test_since_finds_an_old_fault_of_an_account_that_changed_again(books: Books) -> None:
    sql = "UPDATE ledger_entry SET balance_after = 1 WHERE transfer_id = <first>"
    later(hours=1)
    now = clock.now()
    with broken(sql, books):
        assert named(books, since=now) == set()
        books.top_up("usr_ada", "1")
        assert named(books, since=now) == {"an entry remembers the balance after it"}


def test_since_finds_an_account_behind_whose_back_a_row_changed(books: Books) -> None:
    later(hours=1)
    now = clock.now()
    sql = "UPDATE ledger_hold SET status = 'VOIDED', status_since = ledger_now()"
    with broken(sql, books):
        assert named(books, since=now) == {
            "reserved is the sum of the open holds", "hold VOIDED has its transfers",
        }  # fmt: skip


def test_only_the_book_that_is_asked_about_is_looked_at(books: Books) -> None:
    other = open_books("Elsewhere")
    with broken(BROKEN_ARITHMETIC["every book sums to zero"], books):
        assert named(books)
        assert named(other) == set()


def test_a_watcher_is_told_of_each_invariant_in_turn(books: Books) -> None:
    told: list[str] = []
    proofs.faults(watching=told.append)
    assert told == proofs.invariants()
    assert told[: len(proofs.ARITHMETIC)] == list(proofs.ARITHMETIC)


def test_the_command_ends_with_0_when_the_books_are_proved(books: Books) -> None:
    arguments = [f"--book={books.number}", "--since=2026-11-01T00:00:00Z", "--chain"]
    assert proved(*arguments) == (0, "books balanced: yes\n", "")
    code, told, _ = proved(*arguments, "--format=json")
    assert (code, json.loads(told)) == (0, {"faults": []})


def test_the_command_ends_with_1_when_something_is_wrong(books: Books) -> None:
    with broken(BROKEN_BACKING["reserved is the sum of the open holds"], books):
        code, told, _ = proved()
        assert (code, told.splitlines()[-1]) == (1, "books balanced: no")
        code, told, _ = proved("--format=json")
        assert (code, json.loads(told)["faults"]) == (
            1,
            [
                {
                    "invariant": "reserved is the sum of the open holds",
                    "book": books.number,
                    "subject": "usr_ada",
                    "expected": "50000001",
                    "observed": "50000000",
                }
            ],
        )
        assert proved("--since=2999-01-01T00:00:00+02:00")[0] == 0


@pytest.mark.parametrize(
    ("argument", "why"),
    [
        ("--book=0", "there is no book 0"),
        (f"--book={10**30}", f"there is no book {10**30}"),
        ("--since=yesterday", "'yesterday' is no moment such as 2026-11-01T00:00:00Z"),
        ("--since=", "'' is no moment such as 2026-11-01T00:00:00Z"),
        ("--since=2026-11-01T00:00:00",
         "'2026-11-01T00:00:00' names no time zone; write it as 2026-11-01T00:00:00Z"),
    ],
)  # fmt: skip
def test_the_command_ends_with_2_when_it_cannot_look(books: Books, argument: str, why: str) -> None:
    assert proved(argument) == (2, "", f"could not read the books: {why}\n")
