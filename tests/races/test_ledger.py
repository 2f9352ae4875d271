"""Many threads on few accounts: nothing is lost, nothing deadlocks, no floor is broken."""

import itertools
import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from ledger import allocations, balances, holds, proofs
from ledger.bulk import Draft, post_many
from ledger.chart import ADJUSTMENTS, AIRTM_FLOAT, Account, available, reserved, wallet
from ledger.events import SYSTEM
from ledger.models import Account as Row
from ledger.models import Hold
from ledger.posting import credit, debit, post, reverse
from ledger.refusals import Refused
from tests.ledger.books import Books, open_books
from tests.races.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)

THREADS, ACTS = 8, 200
USERS = ("ada", "ben", "cleo")
WALLET = wallet("GTREASURY")
# What a busy book may answer; anything else, a deadlock above all, fails the test.
EXPECTED = {"INSUFFICIENT_FUNDS", "NOTHING_FREE", "INVALID_STATE"}


def open_shop(name: str) -> Books:
    """Users, as in every book, and a wallet with 1 000 in it."""
    books = open_books(name)
    for user in USERS:
        books.user(f"{name}-{user}")
        books.top_up(f"{name}-{user}", "0.00001")
    books.open(WALLET)
    books.post("adjustment", debit(WALLET, 1_000), credit(ADJUSTMENTS, 1_000))
    return books


class Hammer:
    """One thread: random acts in two books, each in a transaction of its own."""

    def __init__(self, number: int, shops: dict[str, Books]) -> None:
        self.number, self.shops = number, shops
        self.random = random.Random(number)
        self.answers: Counter[str] = Counter()
        self.acts = 0

    def strike(self) -> Counter[str]:
        kinds: list[Callable[[], Any]] = [
            self.transfer, self.transfer, self.hold, self.end, self.promise, self.several,
        ]  # fmt: skip
        for _ in range(ACTS):
            self.acts += 1
            self.name = self.random.choice(sorted(self.shops))
            self.book = self.shops[self.name].number
            try:
                with transaction.atomic():
                    self.random.choice(kinds)()
                self.answers["done"] += 1
            except Refused as refused:
                self.answers[refused.code] += 1
        return self.answers

    def transfer(self) -> None:
        amount, (one, other) = self.amount(), self.random.sample(self.places(), 2)
        legs = [debit(one, amount), credit(other, amount)]
        post(self.book, "transfer", cause=self.cause(), legs=legs, by=SYSTEM)

    def several(self) -> None:
        drafts = []
        for place in range(3):
            amount, (one, other) = self.amount(), self.random.sample(self.places(), 2)
            legs = (debit(one, amount), credit(other, amount))
            drafts.append(Draft("transfer", f"{self.cause()}-{place}", legs))
        post_many(self.book, drafts, by=SYSTEM)

    def hold(self) -> None:
        user, amount = self.user(), self.amount()
        hold = holds.open_for(
            book=self.book, user=user, purpose=self.cause(), amount=amount, expires_at=None,
            by=SYSTEM,
        )  # fmt: skip
        legs = [debit(available(user), amount), credit(reserved(user), amount)]
        post(self.book, "reserve", cause=hold.id, legs=legs, by=SYSTEM)

    def end(self) -> None:
        """Often one that another thread is ending, too."""
        hold = Hold.objects.of(self.book).filter(status=Hold.Status.OPEN).order_by("pk").first()
        if hold is not None:
            end(hold)

    def promise(self) -> None:
        """Promised and paid at once: the promise is made under the lock of its account."""
        amount, operation = self.amount(), self.cause()
        allocations.open_for(book=self.book, name=WALLET, operation=operation, amount=amount)
        legs = [debit(ADJUSTMENTS, amount), credit(WALLET, amount)]
        post(self.book, "payout", cause=operation, legs=legs, by=SYSTEM)
        allocations.close(operation)

    def user(self) -> str:
        return f"{self.name}-{self.random.choice(USERS)}"

    def places(self) -> list[Account]:
        return [*(available(f"{self.name}-{user}") for user in USERS), AIRTM_FLOAT]

    def amount(self) -> int:
        return self.random.randint(1, 40)

    def cause(self) -> str:
        return f"{self.number}-{self.acts}"


def end(hold: Hold) -> None:
    holds.void(hold, by=SYSTEM)
    legs = [debit(reserved(hold.user), hold.amount), credit(available(hold.user), hold.amount)]
    post(hold.book_id, "void", cause=hold.id, legs=legs, by=SYSTEM)


def answered(act: Callable[[], Any]) -> str:
    try:
        with transaction.atomic():
            act()
    except Refused as refused:
        return refused.code
    return "done"


def held(books: Books, user: str, amount: int, purpose: str) -> Hold:
    with transaction.atomic():
        hold = holds.open_for(
            book=books.number, user=user, purpose=purpose, amount=amount, expires_at=None,
            by=SYSTEM,
        )  # fmt: skip
        legs = [debit(available(user), amount), credit(reserved(user), amount)]
        post(books.number, "reserve", cause=hold.id, legs=legs, by=SYSTEM)
    return hold


def test_eight_threads_on_few_accounts_leave_clean_books() -> None:
    shops = {name: open_shop(name) for name in ("bazaar", "stranger")}
    hammers = [Hammer(number, shops) for number in range(THREADS)]
    answers = sum(at_once(hammer.strike for hammer in hammers), Counter[str]())
    assert answers.total() == THREADS * ACTS
    assert set(answers) <= {"done", *EXPECTED}
    assert answers["done"] > THREADS * ACTS // 2
    assert not Row.across_books.filter(floor__isnull=False, balance__lt=0).exists()
    assert proofs.faults() == []


def test_w21_contention_is_waited_for_and_never_a_500() -> None:
    """Eight threads credit one account, fifty times each; all of them are answered."""
    books = open_shop("bazaar")

    def top_up(thread: int) -> list[str]:
        legs = [debit(AIRTM_FLOAT, 1), credit(available("bazaar-ada"), 1)]
        causes = [f"{thread}-{number}" for number in range(50)]
        return [
            answered(lambda cause=cause: post(books.number, "topup", cause=cause, legs=legs,
                                              by=SYSTEM))
            for cause in causes
        ]  # fmt: skip

    answers = at_once(partial(top_up, thread) for thread in range(THREADS))
    assert Counter(itertools.chain(*answers)) == {"done": 400}
    assert balances.of(books.number, available("bazaar-ada")) == 100 + 400


def test_w20_a_hold_ends_once_however_many_end_it() -> None:
    books = open_shop("bazaar")
    hold = held(books, "bazaar-ada", 80, "ord_1")
    held(books, "bazaar-ada", 20, "ord_2")

    def void() -> str:
        return answered(lambda: end(Hold.objects.of(books.number).get(pk=hold.pk)))

    assert Counter(at_once([void] * THREADS)) == {"done": 1, "INVALID_STATE": THREADS - 1}
    assert balances.of_owner(books.number, "bazaar-ada")["available"] == 80
    assert balances.of_owner(books.number, "bazaar-ada")["reserved"] == 20


def test_w20_money_is_set_aside_once_however_many_ask_for_it() -> None:
    """100 are there, and eight threads want 30 each: three get them."""
    books = open_shop("bazaar")
    acts = [
        partial(answered, partial(held, books, "bazaar-ada", 30, f"ord_{n}"))
        for n in range(THREADS)
    ]
    assert Counter(at_once(acts)) == {"done": 3, "INSUFFICIENT_FUNDS": 5}
    assert balances.of_owner(books.number, "bazaar-ada")["reserved"] == 90


def test_w22_one_order_never_spends_another_orders_hold() -> None:
    """Each hold is a row with its own amount; eight of them end at the same moment."""
    books = open_shop("bazaar")
    rows = [held(books, "bazaar-ada", n, f"ord_{n}") for n in range(1, THREADS + 1)]
    kept = rows.pop()
    assert set(at_once(partial(answered, partial(end, hold)) for hold in rows)) == {"done"}
    still_open = Hold.objects.of(books.number).filter(status=Hold.Status.OPEN)
    assert [(row.purpose, row.amount) for row in still_open] == [(kept.purpose, kept.amount)]
    assert balances.of_owner(books.number, "bazaar-ada")["reserved"] == kept.amount


def test_w23_every_kind_of_writer_waits_for_the_same_lock() -> None:
    """Single, in bulk, held and reversed at once: whatever was answered is in the balance."""
    books = open_shop("bazaar")
    ada = available("bazaar-ada")
    legs = (debit(AIRTM_FLOAT, 7), credit(ada, 7))
    old = [books.post("topup", *legs).transfer for _ in range(20)]
    before = balances.of(books.number, ada)

    def in_bulk() -> None:
        drafts = [Draft("topup", f"bulk-{number}", legs) for number in range(50)]
        with transaction.atomic():
            post_many(books.number, drafts, by=SYSTEM)

    def aside() -> None:
        for number in range(20):
            held(books, "bazaar-ada", 1, f"ord_{number}")

    def back() -> None:
        for transfer in old:
            with transaction.atomic():
                reverse(books.number, transfer, by=SYSTEM)

    at_once([lambda: [books.post("topup", *legs) for _ in range(50)], in_bulk, aside, back])
    assert balances.of(books.number, ada) == before + 100 * 7 - 20 * 1 - 20 * 7


def test_two_operations_want_the_same_money_of_one_wallet() -> None:
    """1 000 are in it; eight threads want 300 each: three are promised it."""
    books = open_shop("bazaar")

    def promise(number: int) -> str:
        return answered(
            lambda: allocations.open_for(
                book=books.number, name=WALLET, operation=f"wd_{number}", amount=300
            )
        )

    answers = Counter(at_once(partial(promise, number) for number in range(THREADS)))
    assert answers == {"done": 3, "NOTHING_FREE": 5}
