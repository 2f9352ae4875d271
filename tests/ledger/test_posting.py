"""`post()`: what it writes, and how each bad input is refused: its own code, nothing written."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from ledger import allocations, chart
from ledger.chart import ADJUSTMENTS, AIRTM_FLOAT, PLATFORM_FEES, Account, available, reserved
from ledger.events import SYSTEM
from ledger.models import Account as Row
from ledger.models import Allocation, Entry, Transfer
from ledger.money import LARGEST
from ledger.posting import Leg, Posted, credit, debit, post
from ledger.refusals import Refused
from tests.ledger.books import Books, open_books, usd

pytestmark = [pytest.mark.django_db, pytest.mark.postings_alone]

ADA, BEN, STRANGER = (available(f"usr_{name}") for name in ("ada", "ben", "stranger"))
GOLD = Account("adjustments", "", "XAU")
BAD_LEGS = [
    ("UNBALANCED_TRANSFER", [debit(ADA, 5), credit(BEN, 4)]),
    ("UNBALANCED_TRANSFER", [debit(ADA, 5)]),
    ("UNBALANCED_TRANSFER", [debit(ADA, LARGEST), debit(BEN, LARGEST)]),
    ("EMPTY_TRANSFER", []),
    ("EMPTY_TRANSFER", [debit(ADA, 0), credit(BEN, 0)]),
    ("AMOUNT_OUT_OF_RANGE", [debit(AIRTM_FLOAT, LARGEST), credit(BEN, LARGEST)]),
    ("AMOUNT_OUT_OF_RANGE", [debit(ADA, LARGEST + 1), credit(BEN, LARGEST + 1)]),
    ("AMOUNT_OUT_OF_RANGE", [debit(ADA, 10**400), credit(BEN, 10**400)]),
    ("MIXED_ASSETS", [debit(ADJUSTMENTS, 5), credit(GOLD, 5)]),
    ("FOREIGN_ACCOUNT", [debit(ADA, 5), credit(STRANGER, 5)]),
    ("UNKNOWN_ACCOUNT", [debit(ADA, 5), credit(available("usr_nobody"), 5)]),
    ("UNKNOWN_ACCOUNT", [debit(Account("pocket", "usr_ada"), 5), credit(BEN, 5)]),
    ("UNKNOWN_ACCOUNT", [debit(available("' OR true --"), 5), credit(BEN, 5)]),
    ("INSUFFICIENT_FUNDS", [debit(ADA, usd("50") + 1), credit(BEN, usd("50") + 1)]),
    ("INSUFFICIENT_FUNDS", [debit(ADA, usd("51")), credit(reserved("usr_ada"), usd("51"))]),
    ("INSUFFICIENT_FUNDS", [debit(BEN, 1), credit(ADA, 1)]),
]


@pytest.fixture
def books() -> Books:
    """Ada has 50 dollars; Stranger is another book's user; the book has an account in gold."""
    books, others = open_books(), open_books("Elsewhere")
    books.user("usr_ada")
    books.user("usr_ben")
    others.user("usr_stranger")
    books.open(GOLD)
    books.top_up("usr_ada", "50")
    return books


def record() -> list[Any]:
    """Everything that a posting may write."""
    accounts = Row.across_books.order_by("id").values_list("id", "balance", "version", "changed_at")
    return [*accounts, *Transfer.across_books.order_by("id"), *Entry.objects.order_by("id")]


def locks() -> int:
    """How many accounts this session holds in the queue ahead of their row locks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'"
        )
        return int(cursor.fetchone()[0])


def refused(act: Callable[[], Any]) -> str:
    """The code of the refusal, after which everything is as it was."""
    before, held = record(), locks()
    with pytest.raises(Refused) as refusal, transaction.atomic():
        act()
    assert (record(), locks()) == (before, held)
    return refusal.value.code


def test_the_entries_remember_the_balance_after_them(books: Books) -> None:
    books.move("gift", ADA, BEN, "20")
    books.move("gift", ADA, BEN, "30")
    ada = [(e.version, e.amount, e.balance_after) for e in books.entries(ADA)]
    ben = [(e.version, e.amount, e.balance_after) for e in books.entries(BEN)]
    assert ada == [(1, -usd("50"), usd("50")), (2, usd("20"), usd("30")), (3, usd("30"), 0)]
    assert ben == [(1, -usd("20"), usd("20")), (2, -usd("30"), usd("50"))]


def test_one_account_may_have_two_legs(books: Books) -> None:
    books.post("gift", debit(ADA, 30), credit(BEN, 10), debit(ADA, 5), credit(BEN, 25))
    assert [(e.version, e.amount) for e in books.entries(ADA)][1:] == [(2, 30), (3, 5)]
    assert [(e.version, e.balance_after) for e in books.entries(BEN)] == [(1, 10), (2, 35)]


def test_legs_of_zero_are_left_out(books: Books) -> None:
    posted = books.post("gift", debit(ADA, 7), credit(BEN, 7), credit(PLATFORM_FEES, 0))
    assert Entry.objects.filter(transfer_id=posted.transfer).count() == 2


def test_the_same_cause_answers_the_first_transfer(books: Books) -> None:
    legs = (debit(ADA, 7), credit(BEN, 7))
    first = books.post("gift", *legs, cause="once")
    before = record()
    again = books.post("gift", *reversed(legs), cause="once")
    assert again == Posted(first.transfer, is_new=False)
    assert record() == before


def test_the_caller_opens_the_transaction() -> None:
    with pytest.raises(ProgrammingError):
        post(1, "gift", cause="x", legs=[debit(ADA, 1), credit(BEN, 1)], by=SYSTEM)


@pytest.mark.parametrize(("code", "legs"), BAD_LEGS)
def test_bad_legs_are_refused(books: Books, code: str, legs: list[Leg]) -> None:
    assert refused(lambda: books.post("gift", *legs)) == code


@pytest.mark.django_db(transaction=True)
def test_a_refusal_releases_the_locks(books: Books) -> None:
    """Committed and inside one transaction alike: the savepoint's end is enough."""
    for code, legs in BAD_LEGS:
        assert locks() == 0
        with transaction.atomic():
            assert refused(lambda legs=legs: books.post("gift", *legs)) == code
            assert locks() == 0


@pytest.mark.parametrize("side", [debit, credit])
def test_a_negative_amount_is_refused(side: Callable[[Account, int], Leg]) -> None:
    with pytest.raises(Refused) as refusal:
        side(ADA, -1)
    assert refusal.value.code == "NEGATIVE_AMOUNT"


@pytest.mark.parametrize(
    "legs",
    [
        [debit(ADA, 8), credit(BEN, 8)],
        [debit(BEN, 7), credit(ADA, 7)],
        [debit(ADA, 7), credit(PLATFORM_FEES, 7)],
        [debit(ADA, 7), credit(BEN, 6), credit(PLATFORM_FEES, 1)],
    ],
)
def test_a_cause_is_never_posted_again_with_other_amounts(books: Books, legs: list[Leg]) -> None:
    books.post("gift", debit(ADA, 7), credit(BEN, 7), cause="once")
    assert refused(lambda: books.post("gift", *legs, cause="once")) == "CAUSE_ALREADY_POSTED"


def test_another_kind_or_another_book_is_another_cause(books: Books) -> None:
    legs = (debit(ADA, 7), credit(BEN, 7))
    assert books.post("gift", *legs, cause="once").is_new
    assert books.post("present", *legs, cause="once").is_new


def test_a_refusal_says_what_there_was_and_what_was_asked(books: Books) -> None:
    with pytest.raises(Refused) as refusal:
        books.move("gift", ADA, BEN, "80")
    assert refusal.value.details == {
        "account": "available", "subject": "usr_ada", "available": usd("50"),
        "requested": usd("80"),
    }  # fmt: skip


class TestAllocation:
    def test_what_is_promised_cannot_be_promised_again(self, books: Books) -> None:
        with transaction.atomic():
            promise = {"book": books.number, "name": AIRTM_FLOAT}
            allocations.open_for(**promise, operation="one", amount=usd("40"))
        assert allocated(books, "11") == "NOTHING_FREE"
        assert Allocation.objects.of(books.number).count() == 1

    def test_an_unknown_account_promises_nothing(self, books: Books) -> None:
        assert allocated(books, "1", chart.wallet("GNOBODY")) == "UNKNOWN_ACCOUNT"


def allocated(books: Books, amount: str, name: Account = AIRTM_FLOAT) -> str:
    return refused(
        lambda: allocations.open_for(
            book=books.number, name=name, operation="two", amount=usd(amount)
        )
    )
