"""Floats: `airtm_float` of a book against the balance that Airtm shows, less what is under way.

Both are read together and judged only if neither moved meanwhile. What Airtm has done and our books
have not heard of yet is looked up one by one (the rooms' `under_way`), and what the lists of payins
and payouts have found already is theirs to settle: only what nothing explains is a finding here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Sum

from integrations.providers import directory, listing
from integrations.providers.answers import Done, StillUnclear
from integrations.providers.ports import Balance
from ledger import balances, money
from ledger.chart import AIRTM_FLOAT
from ledger.compared import (
    Agreement,
    Compared,
    Correction,
    Difference,
    Unread,
    Waiting,
    Window,
)
from ledger.models import Finding, Proposal
from payments import reconciliation as of_topups
from withdrawals import reconciliation as of_withdrawals
from withdrawals import returns
from withdrawals.models import PayoutReturn, TreasuryMove

KIND, SUBJECT = "airtm_float_differs", "airtm_float"
ATTEMPTS = 3  # to see both sides stand still


@dataclass(frozen=True, slots=True)
class Explained:
    """By what Airtm may have more than our books, in stroops, and why."""

    least: int
    most: int
    reasons: tuple[str, ...]


def at_airtm(book: int, window: Window) -> Iterator[Compared]:
    """The one balance of a book; it is always that of now."""
    if not window.is_period and SUBJECT not in window.subjects:
        return
    try:
        yield _compared(book, window)
    except directory.NotConfigured:
        return
    except StillUnclear as unclear:
        yield Unread(subject=SUBJECT, why=str(unclear))


def _compared(book: int, window: Window) -> Compared:
    for _ in range(ATTEMPTS):
        before = _both(book)
        ours, theirs = before
        if ours == theirs.held:
            return Agreement(subject=SUBJECT, story=f"Both hold {money.text(ours)} USD.")
        explained = _explained(book, window)
        if _both(book) == before:
            return _judged(ours, theirs, explained)
    return Waiting(subject=SUBJECT, why="It moves too fast to be compared just now.")


def _both(book: int) -> tuple[int, Balance]:
    answer = listing.patiently(directory.payouts(book, trail=SUBJECT).balance)
    if not isinstance(answer, Done):
        raise StillUnclear(str(answer))
    return balances.of(book, AIRTM_FLOAT), answer.value


def _judged(ours: int, theirs: Balance, explained: Explained) -> Compared:
    gap, reasons = theirs.held - ours, ", ".join(explained.reasons)
    if explained.least == explained.most == gap:
        return Agreement(subject=SUBJECT, story=f"All that differs is {reasons}.")
    if explained.least <= gap <= explained.most:
        return Waiting(subject=SUBJECT, why=f"Under way: {reasons}.")
    rest = gap - (explained.least if gap < explained.least else explained.most)
    return Difference(
        kind=KIND,
        subject=SUBJECT,
        expected={"held": ours, "explained": list(explained.reasons)},
        observed={"held": theirs.held, "pending": theirs.pending},
        amount=abs(rest),
        proposal=Proposal.ADJUST,
        correction=Correction(AIRTM_FLOAT, rest),
    )


def _explained(book: int, window: Window) -> Explained:
    found = _found(book, window)
    under_way = [*of_topups.under_way(book), *of_withdrawals.under_way(book)]
    seen = [one for one in under_way if one[0] not in {subject for subject, _, _ in found}]
    parts = [*found, *seen, *_between_rails(book), *_returning(book)]
    reasons = tuple(f"{name} ({_range(least, most)})" for name, least, most in parts)
    return Explained(sum(one[1] for one in parts), sum(one[2] for one in parts), reasons)


def _range(least: int, most: int) -> str:
    return money.text(least) if least == most else f"{money.text(least)} to {money.text(most)}"


def _found(book: int, window: Window) -> list[tuple[str, int, int]]:
    """What the lists have found, just now or before, and nobody has settled yet."""
    rows = Finding.objects.of(book).filter(resolved_at=None, correction__kind=AIRTM_FLOAT.kind)
    others = rows.exclude(kind=KIND).order_by("opened_at", "pk")
    sums = {
        (one.kind, one.subject): one.correction.debit
        for one in window.found
        if one.correction and one.correction.account == AIRTM_FLOAT
    }
    sums |= {(one.kind, one.subject): int(one.correction["debit"]) for one in others}
    return [(subject, debit, debit) for (_, subject), debit in sums.items()]


def _between_rails(book: int) -> list[tuple[str, int, int]]:
    """It may have arrived at Airtm; an operator says so, since no list names it."""
    rows = TreasuryMove.objects.of(book).filter(
        route=TreasuryMove.Route.TO_AIRTM, status=TreasuryMove.Status.IN_TRANSIT
    )
    return [(move.pk, 0, move.amount) for move in rows.order_by("pk")]


def _returning(book: int) -> list[tuple[str, int, int]]:
    """Payouts that came back, and are not credited yet."""
    rows = PayoutReturn.objects.of(book).filter(settled_at=None)
    amount = (rows.aggregate(sum=Sum("amount"))["sum"] or 0) + sum(
        deposit.amount for deposit in returns.unknown(book)
    )
    return [("returned payouts", amount, amount)] if amount else []
