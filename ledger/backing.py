"""Backing: every kind of account against the rows that it stands for, told to a reconciliation."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from ledger import guarding, proofs
from ledger.compared import Agreement, Compared, Difference, Window
from ledger.models import Proposal
from ledger.proofs import Fault
from ledger.refusals import Conflict


class NotItsRows(Conflict):
    """This account stands for rows, and would no longer be their sum: use the act about those."""

    code = "ACCOUNT_STANDS_FOR_ROWS"


def accounts(book: int, window: Window) -> Iterator[Compared]:
    """What is reserved, escrowed, paid out, unattributed and in transit, against its rows.

    A few queries, whatever the size of the book; the findings are those of the scheduled proof.
    """
    found, kinds = proofs.backing(book), frozenset(map(guarding.kind_of, proofs.backings()))
    yield from map(_difference, found)
    for subject in sorted(window.subjects - {fault.subject for fault in found}):
        story = "The balance is the sum of its rows again."
        yield Agreement(subject=subject, story=story, kinds=kinds)


@contextmanager
def kept(book: int) -> Iterator[None]:
    """What is done within puts no account at odds with its rows; it may mend one that is.

    Joins the caller's transaction. Raises `NotItsRows`.
    """
    before = set(proofs.backing(book))
    yield
    if broken := [fault for fault in proofs.backing(book) if fault not in before]:
        raise NotItsRows(invariant=broken[0].invariant, subject=broken[0].subject)


def _difference(fault: Fault) -> Difference:
    return Difference(
        kind=guarding.kind_of(fault.invariant),
        subject=fault.subject,
        expected={"is": fault.expected},
        observed={"is": fault.observed},
        amount=_gap(fault),
        proposal=Proposal.ADJUST,
        then=partial(guarding.freeze, fault),
    )


def _gap(fault: Fault) -> int:
    """Both are sums in stroops."""
    return abs(int(fault.expected) - int(fault.observed))
