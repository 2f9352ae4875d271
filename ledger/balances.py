"""Balances read from the record: of a book as a whole."""

from dataclasses import dataclass

from django.db.models import Sum

from .chart import CHART, DEBIT
from .models import Account


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of account in a trial balance; `balance` in its own normal sense, in stroops."""

    kind: str
    is_debit: bool
    balance: int


def trial_balance(book: int) -> list[Line]:
    """The sum of each kind of account, in the order of the chart."""
    sums = Account.objects.of(book).values_list("kind").annotate(sum=Sum("balance"))
    found = {kind: int(amount) for kind, amount in sums}
    return [
        Line(name, kind.normal == DEBIT, found[name])
        for name, kind in CHART.items()
        if name in found
    ]
