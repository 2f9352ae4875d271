"""The application's own role (`docs/database-role.md`): it posts, and touches no balance itself."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import ProgrammingError, connection, transaction

from ledger import allocations, chart, events, seals
from ledger.bulk import Draft, post_many
from ledger.chart import ADJUSTMENTS, AIRTM_FLOAT, available
from ledger.events import SYSTEM
from ledger.models import Account, Event, Seal, Transfer
from ledger.posting import Posted, credit, debit, reverse
from ledger.refusals import Refused
from tests.ledger.books import Books, open_books, usd

pytestmark = [pytest.mark.django_db, pytest.mark.postings_alone]

ROLE = f"offerhub_test_{os.getpid()}"  # a role is of the whole server
GRANTS = Path(__file__).resolve().parents[2] / "ledger" / "sql" / "role.sql"


@pytest.fixture
def books() -> Iterator[Books]:
    """A book, seen from here on with the rights of the application's role."""
    books = open_books()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        if not cursor.fetchone()[0]:
            pytest.skip("this database's user may not create roles")
        cursor.execute(f"CREATE ROLE {ROLE} NOLOGIN")
        cursor.execute(GRANTS.read_text().replace(":role", ROLE))
        cursor.execute(f"SET ROLE {ROLE}")
        yield books
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("RESET ROLE")  # the role itself goes with the test's transaction


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_account SET balance = 5",
        "UPDATE ledger_account SET floor = NULL",
        "SELECT FROM ledger_account FOR NO KEY UPDATE",
        "DELETE FROM ledger_account",
        "INSERT INTO ledger_account DEFAULT VALUES",
        "INSERT INTO ledger_transfer DEFAULT VALUES",
        "UPDATE ledger_transfer SET cause = 'x'",
        "DELETE FROM ledger_transfer",
        "INSERT INTO ledger_entry DEFAULT VALUES",
        "UPDATE ledger_entry SET amount = 1",
        "DELETE FROM ledger_entry",
        "INSERT INTO ledger_seal DEFAULT VALUES",
        "UPDATE ledger_seal SET hash = 'x'",
        "DELETE FROM ledger_seal",
        "DELETE FROM ledger_unsealed",
        "UPDATE ledger_event SET payload = '{}'",
        "DELETE FROM ledger_event",
        "UPDATE providers_signing SET verdict = 'signed'",
        "DELETE FROM providers_signing",
        "INSERT INTO ledger_clock (ahead) VALUES ('1 day')",
        "TRUNCATE ledger_entry",
        "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
        "DROP TRIGGER entries_are_append_only ON ledger_entry",
        "SET session_replication_role = replica",
        "DELETE FROM django_migrations",
    ],
)
def test_w23_the_application_cannot_write_to_the_books(books: Books, sql: str) -> None:
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_it_opens_accounts_posts_and_reverses(books: Books) -> None:
    books.user("usr_ada")
    topup = books.top_up("usr_ada", "50")
    with pytest.raises(Refused, match="too small"):
        books.move("gift", available("usr_ada"), ADJUSTMENTS, "51")
    with transaction.atomic():
        reverse(books.number, topup.transfer, by=SYSTEM)
    account = Account.objects.of(books.number).get(kind="available")
    assert (account.balance, account.version) == (0, 2)


def test_it_posts_many(books: Books) -> None:
    legs = (debit(AIRTM_FLOAT, 5), credit(ADJUSTMENTS, 5))
    with transaction.atomic():
        [answer] = post_many(books.number, [Draft("adjustment", "x", legs)], by=SYSTEM)
    assert isinstance(answer, Posted)


def test_it_promises_money(books: Books) -> None:
    books.user("usr_ada")
    books.top_up("usr_ada", "50")
    with transaction.atomic():
        promise = {"book": books.number, "name": AIRTM_FLOAT, "operation": "wdr_1"}
        allocations.open_for(**promise, amount=usd("20"))
        assert allocations.free(books.number, AIRTM_FLOAT) == usd("30")
        allocations.close("wdr_1")


def test_it_records_events_and_numbers_them(books: Books) -> None:
    with transaction.atomic():
        post_many(
            books.number,
            [Draft("adjustment", "x", (debit(AIRTM_FLOAT, 5), credit(ADJUSTMENTS, 5)))],
            by=SYSTEM,
        )
    assert events.number(books.number) == 1
    assert Event.objects.of(books.number).get().sequence == 1


def test_it_seals(books: Books) -> None:
    books.post("adjustment", debit(AIRTM_FLOAT, 5), credit(ADJUSTMENTS, 5))
    assert seals.seal(books.number) == 1
    assert seals.prove(book=books.number) == []
    assert Seal.objects.of(books.number).get().transfer == Transfer.objects.of(books.number).get()


def test_an_account_that_is_open_stays_as_it_is(books: Books) -> None:
    books.user("usr_ada")
    books.top_up("usr_ada", "50")
    chart.open_accounts(books.number, [available("usr_ada")], owner="usr_eve")
    account = Account.objects.of(books.number).get(kind="available")
    assert (account.owner, account.balance) == ("usr_ada", usd("50"))


@pytest.mark.parametrize("function", ["ledger_post", "ledger_seal_waiting", "ledger_reverse"])
def test_the_doors_are_closed_to_every_other_role(books: Books, function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_function_privilege(%s, oid, 'EXECUTE'),"
            " has_function_privilege('public', oid, 'EXECUTE') FROM pg_proc WHERE proname = %s",
            [ROLE, function],
        )
        assert cursor.fetchall() == [(True, False)]


def test_no_door_is_forgotten(books: Books) -> None:
    """Whatever runs with the owner's rights is named in the file, triggers aside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND proname LIKE 'ledger\\_%%'"
            " AND prorettype <> 'trigger'::regtype",
            [],
        )
        doors = {name for (name,) in cursor.fetchall()}
    assert [name for name in sorted(doors) if name not in GRANTS.read_text()] == []
