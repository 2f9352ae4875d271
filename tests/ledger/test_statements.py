"""Statements: every entry once, newest first, with the balance after it, as pages and as CSV."""

import csv
import io
from collections.abc import Callable

import pytest

from ledger import spreadsheets, statements
from ledger.balances import NoSuchAccount
from ledger.chart import AIRTM_FLOAT, available, contract, escrowed, paying_out, reserved, wallet
from ledger.money import text
from ledger.posting import credit, debit
from ledger.statements import Line, Statement
from tests.ledger import plans
from tests.ledger.books import Books, later, open_books, usd

pytestmark = [pytest.mark.django_db, pytest.mark.postings_alone]

ADA, BEN, ESCROW = "usr_ada", "usr_ben", "esc_1"


@pytest.fixture
def books() -> Books:
    books = open_books()
    books.user(ADA)
    books.user(BEN)
    books.open(escrowed(ESCROW), owner=ADA)
    books.open(contract(ESCROW), wallet("GADA"), owner="")
    books.top_up(BEN, "5.00")
    return books


def some_history(books: Books) -> None:
    books.top_up(ADA, "150.00")
    books.move("reserve", available(ADA), reserved(ADA), "100.00")
    books.move("void", reserved(ADA), available(ADA), "100.00")
    books.move("withdrawal_committed", available(ADA), paying_out(ADA), "30.50")


def cells(line: Line) -> tuple[str, ...]:
    told = (line.kind, line.account.kind, text(line.change), text(line.balance_after))
    return (*told, " ".join(line.counter_accounts))


def table(docstring: str | None) -> list[tuple[str, ...]]:
    rows = [line.split("|")[1:-1] for line in (docstring or "").splitlines() if "|" in line]
    return [tuple(cell.strip() for cell in row) for row in rows[2:]]


def walk(
    statement: Statement, *, limit: int, meanwhile: Callable[[], object] = lambda: None
) -> list[Line]:
    seen: list[Line] = []
    while page := statement.page(limit=limit, below=seen[-1].place if seen else None):
        assert len(page) <= limit
        seen += page
        meanwhile()
    return seen


def test_a_users_statement_tells_what_moved_and_what_was_left(books: Books) -> None:
    """Ada's, newest first; within one transfer the account that was opened last comes first.

    | kind                 | account    | change  | after  | other side  |
    |----------------------|------------|---------|--------|-------------|
    | withdrawal_committed | paying_out | 30.50   | 30.50  | available   |
    | withdrawal_committed | available  | -30.50  | 119.50 | paying_out  |
    | void                 | reserved   | -100.00 | 0.00   | available   |
    | void                 | available  | 100.00  | 150.00 | reserved    |
    | reserve              | reserved   | 100.00  | 100.00 | available   |
    | reserve              | available  | -100.00 | 50.00  | reserved    |
    | topup                | available  | 150.00  | 150.00 | airtm_float |
    """
    some_history(books)
    expected = table(test_a_users_statement_tells_what_moved_and_what_was_left.__doc__)
    assert [cells(line) for line in statements.of_owner(books.number, ADA).lines()] == expected


def test_the_statement_of_one_account(books: Books) -> None:
    """The float is Airtm's: a debit is an increase.

    | kind   | account     | change | after  | other side |
    |--------|-------------|--------|--------|------------|
    | payout | airtm_float | -40.00 | 115.00 | available  |
    | topup  | airtm_float | 150.00 | 155.00 | available  |
    | topup  | airtm_float | 5.00   | 5.00   | available  |
    """
    books.top_up(ADA, "150.00")
    books.move("payout", available(ADA), AIRTM_FLOAT, "40.00")
    lines = statements.of_account(books.number, AIRTM_FLOAT).lines()
    assert [cells(line) for line in lines] == table(test_the_statement_of_one_account.__doc__)


def test_the_other_side_is_every_account_that_moved_the_other_way(books: Books) -> None:
    some_history(books)
    books.move("deposit", wallet("GADA"), available(ADA), "10.00")
    books.post(
        "escrow_funded",
        debit(available(ADA), usd("10.00")),
        credit(escrowed(ESCROW), usd("10.00")),
        debit(contract(ESCROW), usd("10.00")),
        credit(wallet("GADA"), usd("10.00")),
    )
    newest = statements.of_owner(books.number, ADA).page(limit=1)[0]
    assert newest.account == escrowed(ESCROW)
    assert newest.counter_accounts == ("available", "contract")


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_every_entry_is_met_once(books: Books, limit: int) -> None:
    some_history(books)
    books.move("fund", available(ADA), escrowed(ESCROW), "10.00")
    statement = statements.of_owner(books.number, ADA)
    assert walk(statement, limit=limit) == list(statement.lines())
    assert len(list(statement.lines())) == 9


def test_entries_of_one_instant_are_met_once(books: Books) -> None:
    """A batch is recorded in one microsecond; the version tells its entries apart."""
    books.fill(ADA, 500)
    statement = statements.of_owner(books.number, ADA)
    lines = walk(statement, limit=7)
    assert len({line.recorded_at for line in lines}) == 1
    assert [line.place.version for line in lines] == list(range(500, 0, -1))
    assert [line.balance_after for line in lines] == [n * usd("1.00") for n in range(500, 0, -1)]


def test_entries_that_come_meanwhile_shift_nothing(books: Books) -> None:
    some_history(books)
    statement = statements.of_owner(books.number, ADA)
    before = list(statement.lines())
    assert walk(statement, limit=2, meanwhile=lambda: books.top_up(ADA, "1.00")) == before


def test_a_period_begins_with_its_first_instant_and_ends_before_its_last(books: Books) -> None:
    some_history(books)
    later(days=31)
    books.top_up(ADA, "7.00")
    [_, *_, newest] = books.entries(available(ADA))
    midnight = newest.recorded_at
    january = statements.of_owner(books.number, ADA, before=midnight)
    february = statements.of_owner(books.number, ADA, since=midnight)
    assert [line.kind for line in walk(february, limit=3)] == ["topup"]
    both = [*february.lines(), *january.lines()]
    assert both == list(statements.of_owner(books.number, ADA).lines())


def test_a_users_statement_can_be_about_one_kind_of_account(books: Books) -> None:
    some_history(books)
    statement = statements.of_owner(books.number, ADA, kinds=("reserved",))
    assert [line.kind for line in statement.lines()] == ["void", "reserve"]


def test_nothing_happened_yet(books: Books) -> None:
    assert list(statements.of_owner(books.number, ADA).lines()) == []
    assert list(statements.of_owner(books.number, "usr_nobody").lines()) == []
    assert statements.of_account(books.number, reserved(ADA)).page(limit=20) == []


def test_another_books_account_is_not_there(books: Books) -> None:
    some_history(books)
    other = open_books("Stranger")
    with pytest.raises(NoSuchAccount):
        statements.of_account(other.number, available(ADA))
    assert list(statements.of_owner(other.number, ADA).lines()) == []


def test_a_balance_is_the_one_before_and_the_change(books: Books) -> None:
    some_history(books)
    for name in (available(ADA), reserved(ADA), paying_out(ADA), AIRTM_FLOAT):
        balance = 0
        for line in reversed(list(statements.of_account(books.number, name).lines())):
            assert line.balance_after == balance + line.change
            balance = line.balance_after


def test_the_csv_is_what_rfc_4180_says(books: Books) -> None:
    some_history(books)
    statement = statements.of_owner(books.number, ADA)
    whole = "".join(spreadsheets.statement(statement.lines()))
    assert whole.endswith("\r\n")
    assert whole.count("\n") == whole.count("\r\n") == 8
    header, *rows = csv.reader(io.StringIO(whole, newline=""))
    assert tuple(header) == spreadsheets.COLUMNS
    first = dict(zip(header, rows[0], strict=True))
    assert first["kind"] == "withdrawal_committed"
    assert (first["change"], first["balance_after"]) == ("30.50", "30.50")
    assert [row[8] for row in rows] == [text(line.change) for line in statement.lines()]


@pytest.mark.parametrize("cause", ['=1+1"', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_is_never_a_formula(books: Books, cause: str) -> None:
    books.post("topup", debit(AIRTM_FLOAT, 1), credit(available(ADA), 1), cause=cause)
    lines = statements.of_owner(books.number, ADA).lines()
    _, row = csv.reader(io.StringIO("".join(spreadsheets.statement(lines)), newline=""))
    assert row[3] == f"'{cause}"


def test_text_with_separators_stays_in_its_cell(books: Books) -> None:
    cause = 'a,b;"c"\r\nd'
    books.post("topup", debit(AIRTM_FLOAT, 1), credit(available(ADA), 1), cause=cause)
    lines = statements.of_owner(books.number, ADA).lines()
    _, row = csv.reader(io.StringIO("".join(spreadsheets.statement(lines)), newline=""))
    assert row[3] == cause


def test_a_whole_statement_is_read_piece_by_piece(
    books: Books, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Callable[..., object]
) -> None:
    monkeypatch.setattr(statements, "AT_ONCE", 100)
    books.fill(ADA, 500)
    lines = statements.of_owner(books.number, ADA).lines()
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        next(lines)
    with django_assert_num_queries(5):  # type: ignore[attr-defined]
        assert len(list(lines)) == 499


@pytest.mark.parametrize("depth", [1, 2_500, 4_990])
def test_a_page_costs_the_same_wherever_it_begins(books: Books, depth: int) -> None:
    books.fill(ADA, 5_000)
    one_account = statements.of_account(books.number, available(ADA))
    below = one_account.page(limit=depth)[-1].place
    for statement in (one_account, statements.of_owner(books.number, ADA)):
        steps = plans.of(lambda statement=statement: statement.page(limit=21, below=below))
        mine, other = plans.reads_of("ledger_entry", steps)
        assert mine["Index Name"] == "entries_by_time"
        assert mine["Actual Rows"] <= 21
        assert "Rows Removed by Filter" not in mine
        assert other["Actual Rows"] <= 2
