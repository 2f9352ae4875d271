"""Balances now and then: the books remember what they held at every past instant."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ledger import balances, clock
from ledger.chart import (
    ADJUSTMENTS,
    PLATFORM_FEES,
    PROTOCOL_FEES,
    available,
    contract,
    escrowed,
    paying_out,
    reserved,
    wallet,
)
from ledger.money import USD
from ledger.posting import credit, debit
from tests.ledger import plans
from tests.ledger.books import Books, later, open_books, usd

pytestmark = [pytest.mark.django_db, pytest.mark.postings_alone]

ADA, BEN, ESCROW = "usr_ada", "usr_ben", "esc_1"
TREASURY, BENS_WALLET, FEES = wallet("GTREASURY"), wallet("GBEN"), wallet("GFEES")
LONG_AGO = datetime(2009, 1, 3, tzinfo=UTC)


@pytest.fixture
def books() -> Books:
    books = open_books()
    books.user(ADA)
    books.user(BEN)
    books.open(escrowed(ESCROW), owner=ADA)
    books.open(contract(ESCROW), TREASURY, BENS_WALLET, FEES)
    return books


def one_sale(books: Books) -> dict[str, Callable[[], object]]:
    """What happens, in order."""
    return {
        "capital": lambda: books.move("adjustment", TREASURY, ADJUSTMENTS, "500.00"),
        "topup": lambda: books.top_up(ADA, "150.00"),
        "reserve": lambda: books.move("reserve", available(ADA), reserved(ADA), "100.00"),
        "fund": lambda: books.post(
            "escrow_funded",
            debit(reserved(ADA), usd("100.00")),
            credit(escrowed(ESCROW), usd("100.00")),
            debit(contract(ESCROW), usd("100.00")),
            credit(TREASURY, usd("100.00")),
        ),
        "release": lambda: books.post(
            "release",
            debit(escrowed(ESCROW), usd("100.00")),
            credit(available(BEN), usd("94.70")),
            credit(PLATFORM_FEES, usd("5.30")),
            debit(BENS_WALLET, usd("94.70")),
            debit(FEES, usd("5.00")),
            debit(PROTOCOL_FEES, usd("0.30")),
            credit(contract(ESCROW), usd("100.00")),
        ),
        "commit": lambda: books.move("withdrawal", available(BEN), paying_out(BEN), "40.00"),
    }


def as_told(books: Books, at: datetime | None) -> list[int]:
    ada, ben = (balances.of_owner(books.number, user, at=at) for user in (ADA, BEN))
    return [
        *(ada[kind] for kind in ("available", "reserved", "escrowed")),
        *(ben[kind] for kind in ("available", "paying_out")),
        balances.of(books.number, TREASURY, at=at),
        balances.of(books.number, contract(ESCROW), at=at),
    ]


def table(docstring: str | None) -> dict[str, list[int]]:
    rows = [line.split("|")[1:-1] for line in (docstring or "").splitlines() if "|" in line]
    return {name.strip(): [usd(cell.strip()) for cell in cells] for name, *cells in rows[2:]}


def test_every_past_instant_keeps_its_balances(books: Books) -> None:
    """Ada buys from Ben, with an hour between the steps; afterwards each hour is asked about.

    |         | Ada's  | reserved | escrowed | Ben's | paying out | treasury | contract |
    |---------|--------|----------|----------|-------|------------|----------|----------|
    | before  | 0      | 0        | 0        | 0     | 0          | 0        | 0        |
    | capital | 0      | 0        | 0        | 0     | 0          | 500.00   | 0        |
    | topup   | 150.00 | 0        | 0        | 0     | 0          | 500.00   | 0        |
    | reserve | 50.00  | 100.00   | 0        | 0     | 0          | 500.00   | 0        |
    | fund    | 50.00  | 0        | 100.00   | 0     | 0          | 400.00   | 100.00   |
    | release | 50.00  | 0        | 0        | 94.70 | 0          | 400.00   | 0        |
    | commit  | 50.00  | 0        | 0        | 54.70 | 40.00      | 400.00   | 0        |
    """
    moments = {"before": clock.now()}
    for name, happens in one_sale(books).items():
        later(hours=1)
        happens()
        moments[name] = clock.now()
    expected = table(test_every_past_instant_keeps_its_balances.__doc__)
    assert {name: as_told(books, at) for name, at in moments.items()} == expected
    assert as_told(books, None) == expected["commit"]


def test_a_trial_balance_balances_at_every_instant(books: Books) -> None:
    moments = [LONG_AGO]
    for happens in one_sale(books).values():
        later(hours=1)
        happens()
        moments.append(clock.now())
    for at in moments:
        lines = balances.trial_balance(books.number, at=at)
        debits = sum(line.balance for line in lines if line.is_debit)
        assert debits == sum(line.balance for line in lines if not line.is_debit)
        assert (debits == 0) is (at == LONG_AGO)
    assert balances.trial_balance(books.number, at=moments[-1]) == balances.trial_balance(
        books.number
    )


def test_the_instant_of_an_entry_includes_it(books: Books) -> None:
    books.top_up(ADA, "150.00")
    [entry] = books.entries(available(ADA))
    microsecond = timedelta(microseconds=1)
    at = entry.recorded_at
    assert balances.of(books.number, available(ADA), at=at) == usd("150.00")
    assert balances.of(books.number, available(ADA), at=at - microsecond) == 0


def test_of_several_entries_in_one_instant_the_last_one_counts(books: Books) -> None:
    """A transfer with two entries on one account: both are recorded in the same microsecond."""
    books.top_up(ADA, "150.00")
    books.post(
        "reserve",
        debit(available(ADA), usd("30.00")),
        debit(available(ADA), usd("20.00")),
        credit(reserved(ADA), usd("50.00")),
    )
    first, second = books.entries(available(ADA))[1:]
    assert first.recorded_at == second.recorded_at
    assert balances.of(books.number, available(ADA), at=second.recorded_at) == usd("100.00")


def test_before_an_account_existed_it_held_nothing(books: Books) -> None:
    books.top_up(ADA, "150.00")
    assert balances.of(books.number, available(ADA), at=LONG_AGO) == 0
    nothing = {"available": 0, "reserved": 0, "escrowed": 0, "paying_out": 0}
    assert balances.of_owner(books.number, ADA, at=LONG_AGO) == nothing


@pytest.mark.parametrize("at", [None, LONG_AGO])
def test_an_account_that_is_not_there_is_not_zero(books: Books, at: datetime | None) -> None:
    with pytest.raises(balances.NoSuchAccount):
        balances.of(books.number, available("usr_nobody"), at=at)
    with pytest.raises(balances.NoSuchAccount):
        balances.of(open_books("Stranger").number, available(ADA), at=at)
    with pytest.raises(balances.NoSuchAccount):
        balances.of_owner(books.number, "usr_nobody", at=at)


def test_the_future_and_a_time_without_a_zone_are_refused(books: Books) -> None:
    for at in (clock.now() + timedelta(seconds=5), clock.now().replace(tzinfo=None)):
        with pytest.raises(balances.InvalidMoment):
            balances.of(books.number, available(ADA), at=at)
        with pytest.raises(balances.InvalidMoment):
            balances.of_owner(books.number, ADA, at=at)
        with pytest.raises(balances.InvalidMoment):
            balances.trial_balance(books.number, at=at)


def test_a_users_balance_is_the_sum_of_all_their_escrows(books: Books) -> None:
    books.top_up(ADA, "150.00")
    books.open(escrowed("esc_2"), owner=ADA)
    books.move("adjustment", available(ADA), escrowed(ESCROW), "30.00")
    books.move("adjustment", available(ADA), escrowed("esc_2"), "12.00")
    for at in (None, clock.now()):
        assert balances.of_owner(books.number, ADA, at=at) == {
            "available": usd("108.00"),
            "reserved": 0,
            "escrowed": usd("42.00"),
            "paying_out": 0,
        }


def test_other_books_do_not_count(books: Books) -> None:
    other = open_books("Stranger")
    other.user(ADA)
    other.top_up(ADA, "7.00")
    books.top_up(ADA, "150.00")
    assert balances.of_owner(other.number, ADA)["available"] == usd("7.00")
    assert balances.of(books.number, available(ADA)) == usd("150.00")
    assert {line.balance for line in balances.trial_balance(other.number)} == {usd("7.00"), 0}


def test_a_past_balance_is_one_step_down_an_index(books: Books) -> None:
    """However long the history is: one entry is read, from the index that is sorted by time."""
    books.fill(ADA, 5_000)
    middle = books.entries(available(ADA))[2_500].recorded_at
    asked = [
        lambda: balances.of(books.number, available(ADA), at=middle),
        lambda: balances.of_owner(books.number, ADA, at=middle),
        lambda: balances.trial_balance(books.number, at=middle),
    ]
    for ask in asked:
        reads = plans.reads_of("ledger_entry", plans.of(ask))
        assert [step["Index Name"] for step in reads] == ["entries_by_time"]
        assert reads[0]["Actual Rows"] <= 1
        assert "Rows Removed by Filter" not in reads[0]
        assert "Filter" not in reads[0]


def test_amounts_of_another_asset_are_not_added(books: Books) -> None:
    euros = available(ADA)._replace(asset="EUR")
    others = ADJUSTMENTS._replace(asset="EUR")
    books.open(euros, owner=ADA)
    books.open(others)
    books.post("adjustment", debit(others, 5), credit(euros, 5))
    assert balances.of(books.number, euros) == 5
    assert balances.of(books.number, available(ADA)._replace(asset=USD)) == 0
    assert balances.of_owner(books.number, ADA)["available"] == 0
    assert sum(line.balance for line in balances.trial_balance(books.number)) == 0
