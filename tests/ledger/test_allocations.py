"""Allocations: what is promised to one operation cannot be promised to another."""

import pytest
from django.db import ProgrammingError, transaction

from ledger import allocations, balances
from ledger.allocations import NothingFree, StillPromised
from ledger.chart import ADJUSTMENTS, AIRTM_FLOAT, PLATFORM_FEES, Account, wallet
from ledger.models import Allocation
from ledger.refusals import UnknownAccount
from tests.ledger.books import Books, open_books, usd

pytestmark = [pytest.mark.django_db, pytest.mark.postings_alone]

TREASURY = wallet("GTREASURY")


@pytest.fixture
def books() -> Books:
    books = open_books()
    books.open(TREASURY)
    books.move("adjustment", TREASURY, ADJUSTMENTS, "100.00")
    return books


def promise(books: Books, operation: str, amount: str, *, name: Account = TREASURY) -> Allocation:
    with transaction.atomic():
        return allocations.open_for(
            book=books.number, name=name, operation=operation, amount=usd(amount)
        )


def close(operation: str) -> None:
    with transaction.atomic():
        allocations.close(operation)


def free(books: Books, name: Account = TREASURY) -> int:
    with transaction.atomic():
        return allocations.free(books.number, name)


def test_two_operations_compete_for_one_wallet(books: Books) -> None:
    """The treasury holds 100.

    | what happens            | free   |
    |-------------------------|--------|
    | nothing is promised     | 100.00 |
    | 60 to a withdrawal      | 40.00  |
    | 50 to a funding: no     | 40.00  |
    | 40 to the same funding  | 0.00   |
    | the withdrawal is dead  | 60.00  |
    | the funding pays its 40 | 60.00  |
    """
    assert free(books) == usd("100.00")
    promise(books, "wd_1", "60.00")
    with pytest.raises(NothingFree) as refused:
        promise(books, "sub_1", "50.00")
    assert refused.value.code == "NOTHING_FREE"
    assert free(books) == usd("40.00")
    promise(books, "sub_1", "40.00")
    assert free(books) == 0
    close("wd_1")
    assert free(books) == usd("60.00")
    books.move("payout", ADJUSTMENTS, TREASURY, "40.00")
    close("sub_1")
    assert free(books) == usd("60.00")


def test_no_more_is_promised_than_there_is(books: Books) -> None:
    with pytest.raises(NothingFree):
        promise(books, "wd_1", "100.0000001")
    assert not Allocation.objects.of(books.number).exists()
    promise(books, "wd_1", "100.00")


def test_what_arrives_is_free(books: Books) -> None:
    promise(books, "wd_1", "100.00")
    books.move("adjustment", TREASURY, ADJUSTMENTS, "7.00")
    assert free(books) == usd("7.00")


def test_a_closed_promise_can_be_made_anew(books: Books) -> None:
    """The envelope was proven dead, and the operation asks a second time."""
    promise(books, "wd_1", "60.00")
    close("wd_1")
    promise(books, "wd_1", "60.00")
    rows = Allocation.objects.of(books.number).order_by("pk")
    assert [row.closed_at is None for row in rows] == [False, True]


def test_closing_what_is_closed_changes_nothing(books: Books) -> None:
    promise(books, "wd_1", "60.00")
    close("wd_1")
    [before] = Allocation.objects.of(books.number).values("closed_at")
    close("wd_1")
    close("wd_unknown")
    assert list(Allocation.objects.of(books.number).values("closed_at")) == [before]


def test_each_account_has_its_own_free_amount(books: Books) -> None:
    books.user("usr_ada")
    books.top_up("usr_ada", "20.00")
    promise(books, "wd_1", "100.00")
    assert free(books, AIRTM_FLOAT) == usd("20.00")
    promise(books, "wd_2", "20.00", name=AIRTM_FLOAT)


def test_another_books_wallet_is_not_there(books: Books) -> None:
    other = open_books("Stranger")
    with pytest.raises(UnknownAccount):
        promise(other, "wd_1", "1.00")


def test_a_promise_joins_the_callers_transaction(books: Books) -> None:
    with pytest.raises(ProgrammingError):
        allocations.open_for(book=books.number, name=TREASURY, operation="wd_1", amount=1)
    with pytest.raises(ProgrammingError):
        allocations.close("wd_1")


def test_what_is_promised_is_not_corrected_away(books: Books) -> None:
    """Of 100, 60 are promised: 40 may be written off, and no stroop more until that has ended."""
    promise(books, "wd_1", "60.00")

    def write_off(amount: str) -> None:
        with transaction.atomic():
            books.move("adjustment", ADJUSTMENTS, TREASURY, amount)
            allocations.require_kept(books.number, TREASURY)

    with pytest.raises(StillPromised) as refused:
        write_off("40.0000001")
    assert refused.value.details["missing"] == "0.0000001"
    write_off("40.00")
    close("wd_1")
    write_off("60.00")


def test_an_account_of_which_nothing_is_promised_may_be_below_zero(books: Books) -> None:
    books.move("adjustment", ADJUSTMENTS, PLATFORM_FEES, "150.00")
    assert balances.of(books.number, ADJUSTMENTS) == -usd("50.00")
    with transaction.atomic():
        allocations.require_kept(books.number, ADJUSTMENTS)
