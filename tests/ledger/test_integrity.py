"""What the database refuses by itself, whoever asks: raw SQL, with none of our code in the way."""

import re
from typing import Any

import pytest
from django.db import Error, IntegrityError, connection, transaction

from config import wiring
from integrations.providers.models import Signing, Wallet
from ledger.chart import ADJUSTMENTS, AIRTM_FLOAT, available
from ledger.lifecycle import Lifecycle
from ledger.models import Account, Event, Transfer
from ledger.posting import credit, debit
from ledger.refusals import BY_NAME, from_database
from ledger.wiring import wired
from tests.ledger.books import Books, open_books, usd

pytestmark = [pytest.mark.django_db, pytest.mark.postings_alone]

ADA = available("usr_ada")
NOUNS: list[Any] = [wired(name) for name in wiring.NOUNS]


@pytest.fixture
def books() -> Books:
    """Ada has 50 dollars out of two top-ups, the second of which is sealed with the first."""
    books = open_books()
    books.user("usr_ada")
    books.top_up("usr_ada", "20")
    books.top_up("usr_ada", "30")
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_seal_waiting(%s, 10)", [books.number])
    return books


def refused(sql: str, arguments: Any = None) -> str:
    """The name under which the database refuses a statement, at the latest when it is committed."""
    with pytest.raises(Error) as caught:
        committed(sql, arguments)
    name = str(caught.value.__cause__.diag.constraint_name)  # type: ignore[union-attr]
    if name in BY_NAME:
        assert type(from_database(caught.value)) is BY_NAME[name]
    return name


def committed(sql: str, arguments: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_entry SET amount = -amount",
        "UPDATE ledger_entry SET balance_after = 0",
        "UPDATE ledger_entry SET recorded_at = now()",
        "DELETE FROM ledger_entry",
        "UPDATE ledger_transfer SET cause = 'another'",
        "UPDATE ledger_transfer SET recorded_at = now()",
        "DELETE FROM ledger_transfer",
        "UPDATE ledger_seal SET hash = repeat('0', 64)",
        "DELETE FROM ledger_seal",
        "DELETE FROM ledger_account",
        "UPDATE ledger_account SET subject = 'usr_eve' WHERE subject = 'usr_ada'",
        "UPDATE ledger_account SET normal = -normal",
        "UPDATE ledger_account SET kind = 'adjustments', subject = id::text",
    ],
)
def test_w36_what_is_recorded_cannot_be_rewritten(books: Books, sql: str) -> None:
    assert refused(sql) == "record_is_append_only"


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM ledger_event",
        "UPDATE ledger_event SET payload = '{}'",
        "UPDATE ledger_event SET sequence = 8 WHERE sequence = 7",
        "UPDATE ledger_event SET sequence = NULL",
        "UPDATE ledger_event SET sequence = 9, actor = 'olga' WHERE sequence IS NULL",
    ],
)
def test_w36_events_cannot_be_rewritten(books: Books, sql: str) -> None:
    for number in (7, None):
        Event.across_books.create(
            book_id=books.number, type="user.created", resource_type="user", payload={"a": 1},
            previous={}, occurred_at="2026-01-01T00:00Z", sequence=number,
        )  # fmt: skip
    assert refused(sql) == "record_is_append_only"


@pytest.mark.parametrize(
    "sql", ["UPDATE providers_signing SET verdict = 'signed'", "DELETE FROM providers_signing"]
)
def test_what_was_signed_cannot_be_rewritten(books: Books, sql: str) -> None:
    signed(books.number)
    assert refused(sql) == "record_is_append_only"


def signed(book: int) -> None:
    """The treasury's wallet refused to sign something."""
    wallet = Wallet.across_books.create(
        book_id=book, role=Wallet.Role.TREASURY, address="GTREASURY", sealed_key=b"\1\1k",
        created_at="2026-01-01T00:00Z", status_since="2026-01-01T00:00Z",
    )  # fmt: skip
    Signing.across_books.create(book_id=book, wallet=wallet, intent={}, verdict="refused")


ENTRY = """
    INSERT INTO ledger_entry (transfer_id, account_id, version, amount, balance_after, recorded_at)
    SELECT %(transfer)s, a.id, a.version + {ahead}, leg.amount,
           a.balance + a.normal * leg.amount + {off}, now()
      FROM (VALUES ('available', -({amount})), ('airtm_float', {other})) AS leg (kind, amount)
      JOIN ledger_account a ON a.book_id = %(book)s AND a.kind = leg.kind"""
WITH_ACCOUNTS = """
    WITH written AS ({entries} RETURNING account_id, version, balance_after)
    UPDATE ledger_account a SET balance = w.balance_after, version = w.version
      FROM written w WHERE w.account_id = a.id"""


def forged(*, amount: int = 5, other: int = 5, ahead: int = 1, off: int = 0) -> str:
    """Entries and balances in one statement, as `ledger_post` writes them."""
    entries = ENTRY.format(amount=amount, other=other, ahead=ahead, off=off)
    return WITH_ACCOUNTS.format(entries=entries)


def transfer(books: Books) -> dict[str, Any]:
    row = Transfer.across_books.create(
        book_id=books.number, kind="forged", cause="x", recorded_at="2026-01-01T00:00Z"
    )
    return {"transfer": row.pk, "book": books.number}


def test_a_raw_transfer_that_is_sound_in_every_way_is_let_in(books: Books) -> None:
    with connection.cursor() as cursor:
        cursor.execute(forged(), transfer(books))
    assert books.entries(ADA)[-1].balance_after == usd("50") + 5


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        (forged(other=4), "transfer_balances"),
        (forged(amount=0, other=0), "entry_moves_something"),
        (forged(ahead=2), "entry_follows_the_one_before"),
        (forged(ahead=0), "one_entry_per_version"),
        (forged(off=1), "entry_follows_the_one_before"),
        (forged(amount=-(10**9), other=-(10**9)), "balance_stays_above_its_floor"),
        (ENTRY.format(amount=5, other=5, ahead=1, off=0), "entry_follows_the_one_before"),
    ],
)
def test_a_raw_transfer_that_is_not_is_refused(books: Books, sql: str, name: str) -> None:
    with transaction.atomic():
        assert refused(sql, transfer(books)) == name
        transaction.set_rollback(True)  # a transfer without entries is a fault, too


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'available'",
        "UPDATE ledger_account SET balance = 0 WHERE kind = 'available'",
        "UPDATE ledger_account SET balance = balance + 1, version = version + 1"
        " WHERE kind = 'available'",
        "UPDATE ledger_account SET balance = 1 WHERE kind = 'reserved'",
        "INSERT INTO ledger_account (book_id, kind, subject, owner, asset, normal, balance,"
        " version, changed_at) SELECT book_id, 'paying_out', 'usr_eve', '', 'USD', -1, 5, 0, now()"
        " FROM ledger_account LIMIT 1",
    ],
)
def test_w23_nobody_but_a_posting_changes_a_balance(books: Books, sql: str) -> None:
    assert refused(sql) == "balance_is_that_of_the_last_entry"


def test_w23_nor_takes_it_back_to_an_older_entry(books: Books) -> None:
    sql = "UPDATE ledger_account SET balance = %s, version = 1 WHERE subject = 'usr_ada'"
    assert refused(sql + " AND kind = 'available'", [usd("20")]) == "record_is_append_only"


def test_w18_money_does_not_come_from_nowhere(books: Books) -> None:
    """An entry without a counterpart, with everything else in order."""
    half = ENTRY.replace(", ('airtm_float', {other})", "").format(amount=5, ahead=1, off=0)
    with transaction.atomic():
        one = transfer(books)
        assert refused(WITH_ACCOUNTS.format(entries=half), one) == "transfer_balances"
        transaction.set_rollback(True)


def test_a_floor_holds_against_everybody(books: Books) -> None:
    sql = "UPDATE ledger_account SET floor = balance + 1 WHERE kind = 'available'"
    assert refused(sql) == "balance_stays_above_its_floor"


def test_a_cause_is_posted_once_per_kind_and_book(books: Books) -> None:
    with transaction.atomic():
        transfer(books)
        with pytest.raises(IntegrityError, match="one_transfer_per_cause"), transaction.atomic():
            transfer(books)
        transaction.set_rollback(True)


def test_a_transfer_is_reversed_by_one(books: Books) -> None:
    legs = (debit(AIRTM_FLOAT, 1), credit(ADJUSTMENTS, 1))
    first = books.post("adjustment", *legs)
    row = {"book_id": books.number, "kind": "undo", "recorded_at": "2026-01-01T00:00Z"}
    with transaction.atomic():
        Transfer.across_books.create(**row, cause="x", reverses_id=first.transfer)
        with pytest.raises(IntegrityError, match="one_reversal_per_transfer"), transaction.atomic():
            Transfer.across_books.create(**row, cause="y", reverses_id=first.transfer)
        transaction.set_rollback(True)  # the first one would not survive its commit either


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.NOUN)
def test_the_database_knows_the_statuses_of_the_table_and_no_other(noun: type[Lifecycle]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND conname = %s",
            [noun._meta.db_table, f"{noun.NOUN}_status_is_legal"],
        )
        [(definition,)] = cursor.fetchall()
    assert set(re.findall(r"'([^']+)'", definition)) == {str(s) for s in noun.TRANSITIONS}


def test_every_refusal_that_the_sql_raises_has_a_code() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(prosrc, ' ') FROM pg_proc WHERE proname LIKE 'ledger\\_%%'", []
        )
        source = cursor.fetchone()[0]
    raised = set(re.findall(r"'((?:[a-z]+_){2,}[a-z]+)'", source))
    assert raised - set(BY_NAME) - {"integrity_constraint_violation"} == set()


def test_accounts_stand_as_they_were_after_all_this(books: Books) -> None:
    assert Account.objects.of(books.number).get(kind="available").balance == usd("50")
