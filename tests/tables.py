"""Money tables: the docstring of a test is its expectation, read row by row."""

from collections.abc import Callable

from django.db import transaction

from ledger import chart, money
from ledger.events import SYSTEM
from ledger.models import Account, Book, Entry
from ledger.posting import Posted, credit, debit, post

Sides = tuple[list[str], list[str]]

# Addresses and ids as the tables call them.
ADA, BEN = "usr_ada", "usr_ben"


def rows(docstring: str) -> dict[str, Sides]:
    """`| what | debit … | credit … |` lines as {what: (debits, credits)}, each side sorted."""
    table = {}
    for line in docstring.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 3 and cells[0] not in {"what happens", ""} and "---" not in cells[0]:
            table[cells[0]] = (_side(cells[1]), _side(cells[2]))
    return table


def written(posted: Posted) -> Sides:
    """The entries of a transfer as a row of a table would tell them."""
    debits, credits_ = [], []
    for entry in Entry.objects.filter(transfer_id=posted.transfer).select_related("account"):
        side = debits if entry.amount > 0 else credits_
        side.append(f"{_name(entry.account)} {money.text(abs(entry.amount))}")
    return sorted(debits), sorted(credits_)


def book_with(amounts: dict[chart.Account, str]) -> int:
    """A book of Ada and Ben with these balances, which the platform's own capital backs."""
    book = Book.objects.create(name="Bazaar").pk
    chart.open_accounts(book, [chart.Account(kind) for kind in chart.PER_BOOK])
    for user in (ADA, BEN):
        chart.open_accounts(
            book, [chart.Account(kind, user) for kind in chart.PER_USER], owner=user
        )
    chart.open_accounts(book, [account for account in amounts if account.subject])
    for account, text in amounts.items():
        amount = money.parse(text, decimals=7) if text != "0" else 0
        if amount:
            side, other = (debit, credit) if _is_debit(account) else (credit, debit)
            legs = [side(account, amount), other(chart.ADJUSTMENTS, amount)]
            run(lambda legs=legs, account=account: post(
                book, "adjustment", cause=f"apr_{account.kind}_{account.subject}", legs=legs,
                by=SYSTEM,
            ))  # fmt: skip
    return book


def run(posting: Callable[[], Posted]) -> Posted:
    with transaction.atomic():
        return posting()


def _is_debit(account: chart.Account) -> bool:
    return chart.CHART[account.kind].normal == chart.DEBIT


def _side(cell: str) -> list[str]:
    return sorted(part.strip() for part in cell.split(",") if part.strip())


def _name(account: Account) -> str:
    subject = account.subject.removeprefix("usr_")
    return f"{account.kind}({subject})" if subject else str(account.kind)
