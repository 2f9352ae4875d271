"""Many who post crosswise over few accounts: nobody deadlocks, nothing is lost."""

import random
import threading

import pytest
from django.db import connection

from ledger.chart import AIRTM_FLOAT, PLATFORM_FEES, available
from ledger.models import Account, Entry
from ledger.posting import credit, debit
from ledger.refusals import InsufficientFunds
from tests.ledger.books import Books, open_books, usd

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postings_alone]

NAMES = [f"usr_{n}" for n in range(4)]
POSTINGS = 60


def crosswise(books: Books, seed: int, errors: list[Exception]) -> None:
    """Each thread runs through the accounts in another order, with two to four legs."""
    chance = random.Random(seed)
    try:
        for _ in range(POSTINGS):
            a, b, c = (available(name) for name in chance.sample(NAMES, 3))
            legs = [debit(a, 3), credit(b, 1), credit(c, 1), credit(PLATFORM_FEES, 1)]
            chance.shuffle(legs)
            books.post("gift", *legs)
    except InsufficientFunds:
        pass
    except Exception as error:  # a thread has nobody to raise to
        errors.append(error)
    finally:
        connection.close()


def test_w21_threads_that_post_crosswise_all_come_through() -> None:
    books = open_books()
    for name in NAMES:
        books.user(name)
        books.post("topup", debit(AIRTM_FLOAT, usd("1")), credit(available(name), usd("1")))
    errors: list[Exception] = []
    threads = [threading.Thread(target=crosswise, args=(books, n, errors)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert not any(thread.is_alive() for thread in threads)
    fees = Account.objects.of(books.number).get(kind="platform_fees")
    assert (fees.balance, fees.version) == (8 * POSTINGS, 8 * POSTINGS)
    assert Entry.objects.count() == 8 * POSTINGS * 4 + 2 * len(NAMES)
