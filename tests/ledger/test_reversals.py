"""`reverse()`: the exact mirror of a named transfer, once, pointing back; the rest is refused.

| what happens  | debit                                 | credit                                |
|---------------|---------------------------------------|---------------------------------------|
| topup         | airtm_float 49.50, provider_fees 0.50 | available(ada) 50.00                  |
| its reversal  | available(ada) 50.00                  | airtm_float 49.50, provider_fees 0.50 |
"""

import threading

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from ledger.chart import ADJUSTMENTS, AIRTM_FLOAT, PROVIDER_FEES, available
from ledger.events import SYSTEM
from ledger.models import Account, Transfer
from ledger.posting import Posted, credit, debit, post, reverse
from ledger.refusals import Refused
from tests.ledger.books import Books, open_books, usd
from tests.ledger.test_posting import refused
from tests.tables import rows, written

pytestmark = [pytest.mark.django_db, pytest.mark.postings_alone]

ADA, BEN = available("usr_ada"), available("usr_ben")


@pytest.fixture
def books() -> Books:
    books = open_books()
    books.user("usr_ada")
    books.user("usr_ben")
    return books


def topped_up(books: Books) -> Posted:
    return books.post(
        "topup",
        debit(AIRTM_FLOAT, usd("49.50")),
        debit(PROVIDER_FEES, usd("0.50")),
        credit(ADA, usd("50")),
        cause="top_1",
        trail="top_1",
    )


def undone(books: Books, transfer: str) -> Posted:
    with transaction.atomic():
        return reverse(books.number, transfer, by=SYSTEM)


def test_the_table(books: Books) -> None:
    table = rows(__doc__ or "")
    topup = topped_up(books)
    reversal = undone(books, topup.transfer)
    assert [written(topup), written(reversal)] == list(table.values())
    assert not Account.objects.of(books.number).exclude(balance=0).exists()


def test_it_points_back_and_stays_on_the_trail(books: Books) -> None:
    topup = topped_up(books)
    row = Transfer.objects.of(books.number).get(pk=undone(books, topup.transfer).transfer)
    assert (row.kind, row.cause, row.trail) == ("reversal", topup.transfer, "top_1")
    assert row.reverses_id == topup.transfer


def test_the_caller_opens_the_transaction(books: Books) -> None:
    with pytest.raises(ProgrammingError):
        reverse(books.number, topped_up(books).transfer, by=SYSTEM)


def test_a_transfer_is_reversed_once(books: Books) -> None:
    topup = topped_up(books)
    undone(books, topup.transfer)
    assert refused(lambda: undone(books, topup.transfer)) == "ALREADY_REVERSED"


def test_a_reversal_is_not_reversed(books: Books) -> None:
    reversal = undone(books, topped_up(books).transfer)
    assert refused(lambda: undone(books, reversal.transfer)) == "REVERSAL_OF_REVERSAL"


def test_an_unknown_transfer_is_not_reversed(books: Books) -> None:
    assert refused(lambda: undone(books, "trf_unknown")) == "UNKNOWN_TRANSFER"


def test_another_books_transfer_is_not_reversed(books: Books) -> None:
    topup = topped_up(books)
    others = open_books("Elsewhere")
    assert refused(lambda: undone(others, topup.transfer)) == "FOREIGN_TRANSFER"


def test_money_that_was_spent_is_not_taken_back(books: Books) -> None:
    topup = topped_up(books)
    books.move("gift", ADA, BEN, "0.01")
    assert refused(lambda: undone(books, topup.transfer)) == "INSUFFICIENT_FUNDS"


@pytest.mark.parametrize(
    ("name", "legs"),
    [
        ("reversal_is_the_mirror", [debit(ADA, 5), credit(AIRTM_FLOAT, 5)]),
        ("reversal_is_the_mirror", [debit(ADA, usd("49.50")), credit(AIRTM_FLOAT, usd("49.50"))]),
        (None, [debit(ADA, usd("50")), credit(AIRTM_FLOAT, usd("49.50")),
                credit(PROVIDER_FEES, usd("0.50"))]),
    ],
)  # fmt: skip
def test_whatever_claims_to_reverse_is_compared_at_commit(
    books: Books, name: str | None, legs: list[object]
) -> None:
    topup = topped_up(books)
    with transaction.atomic():
        post(
            books.number,
            "undo",
            cause="x",
            legs=legs,
            by=SYSTEM,
            reverses=topup.transfer,  # type: ignore[arg-type]
        )
        assert at_commit() == name
        transaction.set_rollback(name is not None)


def test_w18_nothing_claims_to_reverse_a_reversal_or_another_books_transfer(books: Books) -> None:
    reversal = undone(books, topped_up(books).transfer).transfer
    others = open_books("Elsewhere")
    assert claimed(others, reversal) == "transfer_is_of_this_book"
    assert claimed(books, reversal) == "reversal_is_not_reversed"


def test_nothing_claims_to_reverse_what_is_reversed(books: Books) -> None:
    topup = topped_up(books)
    undone(books, topup.transfer)
    assert refused(lambda: claimed(books, topup.transfer)) == "ALREADY_REVERSED"


def claimed(books: Books, transfer: str) -> str | None:
    """How the commit would answer a transfer that says it reverses this one; it is undone."""
    legs = [debit(AIRTM_FLOAT, 1), credit(ADJUSTMENTS, 1)]
    with transaction.atomic():
        post(books.number, "undo", cause="x", legs=legs, by=SYSTEM, reverses=transfer)
        name = at_commit()
        transaction.set_rollback(True)
    return name


def at_commit() -> str | None:
    """The name under which the deferred checks refuse what this transaction wrote so far."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as error:
        return str(error.__cause__.diag.constraint_name)  # type: ignore[union-attr]
    return None


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_reverse_at_once_one_does(books: Books) -> None:
    topup = topped_up(books)
    answers: list[str] = []

    def undo() -> None:
        try:
            undone(books, topup.transfer)
            answers.append("done")
        except Refused as refusal:
            answers.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=undo) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["ALREADY_REVERSED"] * 7 + ["done"]
