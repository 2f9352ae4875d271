"""A bare book for tests of the ledger alone: no marketplace around it, and no provider behind."""

import itertools
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection, transaction

from ledger import chart, clock
from ledger.bulk import Draft, post_many
from ledger.chart import AIRTM_FLOAT, Account, available
from ledger.events import SYSTEM
from ledger.models import Book, Entry
from ledger.money import DOLLAR, parse
from ledger.posting import Leg, Posted, credit, debit, post


def usd(text: str) -> int:
    """`usd("94.70")`, in stroops; "0" is nothing."""
    return 0 if text == "0" else parse(text, decimals=7)


@dataclass
class Books:
    """One book, and the postings that a test writes into it."""

    number: int
    causes: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def open(self, *accounts: Account, owner: str = "") -> None:
        chart.open_accounts(self.number, list(accounts), owner=owner)

    def user(self, name: str) -> str:
        self.open(*(Account(kind, name) for kind in chart.PER_USER), owner=name)
        return name

    def post(self, kind: str, *legs: Leg, cause: str = "", trail: str = "") -> Posted:
        """One transfer in a transaction of its own, for a new cause unless told."""
        cause = cause or f"cause-{next(self.causes)}"
        with transaction.atomic():
            return post(self.number, kind, cause=cause, legs=list(legs), by=SYSTEM, trail=trail)

    def top_up(self, user: str, amount: str) -> Posted:
        return self.move("topup", AIRTM_FLOAT, available(user), amount)

    def move(self, kind: str, to_debit: Account, to_credit: Account, amount: str) -> Posted:
        return self.post(kind, debit(to_debit, usd(amount)), credit(to_credit, usd(amount)))

    def entries(self, account: Account) -> list[Entry]:
        """An account's entries, the first one first."""
        rows = Entry.objects.filter(account__book_id=self.number, account__kind=account.kind)
        return list(rows.filter(account__subject=account.subject).order_by("version"))

    def fill(self, user: str, entries: int) -> None:
        """A long history: so many top-ups of one dollar."""
        legs = (debit(AIRTM_FLOAT, DOLLAR), credit(available(user), DOLLAR))
        for _ in range(0, entries, 500):
            drafts = [Draft("topup", f"cause-{next(self.causes)}", legs) for _ in range(500)]
            with transaction.atomic():
                post_many(self.number, drafts, by=SYSTEM)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE ledger_account, ledger_entry, ledger_transfer")


def open_books(name: str = "Bazaar") -> Books:
    book = Book.objects.create(name=name)
    books = Books(book.pk)
    books.open(*(Account(kind) for kind in chart.PER_BOOK))
    return books


def later(**ahead: int) -> None:
    """Time goes on, as it does in the sandbox."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO ledger_clock (ahead) VALUES (%s) ON CONFLICT (only_row)
               DO UPDATE SET ahead = ledger_clock.ahead + excluded.ahead""",
            [timedelta(**ahead)],
        )
    clock.forget()
