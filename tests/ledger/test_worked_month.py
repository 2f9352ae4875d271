"""The worked month of `ledger/README.md`: its rows are played, its closing balances compared."""

import re
from pathlib import Path

import pytest

from ledger import balances, chart, money
from ledger.events import SYSTEM
from ledger.models import Book
from ledger.posting import Leg, credit, debit, post
from tests.tables import ADA, BEN, run

pytestmark = [pytest.mark.django_db, pytest.mark.postings_alone]
README = Path(__file__).parents[2] / "ledger" / "README.md"
LEG = re.compile(r"(\w+)(?:\((\w+)\))? ([\d.]+)")


def cells(heading: str) -> list[list[str]]:
    """The rows of the table of the README whose first heading is this."""
    lines = README.read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    table = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def legs(cell: str, side) -> list[Leg]:
    return [
        side(chart.Account(kind, f"usr_{who}" if who in {"ada", "ben"} else who), money.parse(text))
        for kind, who, text in LEG.findall(cell)
    ]


def test_the_month_closes_as_the_readme_says() -> None:
    book = Book.objects.create(name="A month").pk
    played = [(legs(row[2], debit), legs(row[3], credit), row[1]) for row in cells("day")]
    names = {leg.account for debits, credits_, _ in played for leg in [*debits, *credits_]}
    chart.open_accounts(book, [chart.Account(kind) for kind in chart.PER_BOOK])
    for user in (ADA, BEN):
        chart.open_accounts(book, [chart.Account(kind, user) for kind in chart.PER_USER])
    chart.open_accounts(book, sorted(names))
    chart.open_accounts(book, [chart.surplus("esc_a")])
    for debits, credits_, what in played:
        run(lambda both=debits + credits_, what=what: post(
            book, "worked_month", cause=what, legs=both, by=SYSTEM
        ))  # fmt: skip
    closing = {line.kind: (line.is_debit, line.balance) for line in balances.trial_balance(book)}
    told = {row[0]: (row[1] == "D", row[2]) for row in cells("closing balance")}
    seen = {kind: (side, money.text(amount)) for kind, (side, amount) in closing.items()}
    assert {kind: seen[kind] for kind in told} == told
    assert {kind for kind in seen if seen[kind][1] != "0.00"} <= set(told)


def test_the_chart_of_the_readme_is_the_chart() -> None:
    told = {row[0].strip("`"): row[1] for row in cells("account")}
    chart_ = {
        name: "D" if kind.normal == chart.DEBIT else "C" for name, kind in chart.CHART.items()
    }
    assert told == chart_
