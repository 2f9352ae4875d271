"""Balances read from the record: of an account, of an owner, of a whole book, now or then.

Every entry remembers the balance after it and the time grows along each account, so a past
balance is the last entry up to then: one step down an index, however long the history is. A
transfer counts from its recorded time, which it gets a moment before it is committed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from ledger import clock
from ledger.chart import CHART, DEBIT, OWNED
from ledger.chart import Account as Name
from ledger.money import USD
from ledger.refusals import Invalid, NotFound

GRACE = timedelta(milliseconds=1)  # outside, time is told in whole ones


class InvalidMoment(Invalid):
    """Balances are known up to now; a moment has a date, a time, and an offset or a Z."""


class NoSuchAccount(NotFound):
    """The book has no such account to read from."""

    code = "ACCOUNT_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of account in a trial balance; `balance` in its own normal sense, in stroops."""

    kind: str
    is_debit: bool
    balance: int


def of(book: int, account: Name, *, at: datetime | None = None) -> int:
    """What an account holds, or held at `at`, in stroops; 0 before its first entry.

    Raises `NoSuchAccount` and `InvalidMoment`.
    """
    found = _sums(
        "kind = %(kind)s AND subject = %(subject)s AND asset = %(asset)s",
        {"book": book, **account._asdict()},
        at=at,
    )
    if account.kind not in found:
        raise NoSuchAccount(account=account.kind, subject=account.subject)
    return found[account.kind]


def of_owner(book: int, owner: str, *, at: datetime | None = None) -> dict[str, int]:
    """What is a user's, by the kinds of account in which it stands, in stroops.

    Somebody who was not there yet had nothing. Raises `NoSuchAccount` and `InvalidMoment`.
    """
    which = "owner = %(owner)s AND kind = ANY (%(kinds)s) AND asset = %(asset)s"
    values = {"book": book, "owner": owner, "kinds": list(OWNED), "asset": USD}
    found = _sums(which, values, at=at)
    if not found:
        raise NoSuchAccount(owner=owner)
    return dict.fromkeys(OWNED, 0) | found


def trial_balance(book: int, *, at: datetime | None = None) -> list[Line]:
    """The sum of each kind of account, in the order of the chart. Raises `InvalidMoment`."""
    found = _sums("asset = %(asset)s", {"book": book, "asset": USD}, at=at)
    return [
        Line(name, kind.normal == DEBIT, found[name])
        for name, kind in CHART.items()
        if name in found
    ]


def checked(at: datetime) -> datetime:
    """A moment that can be asked about; raises `InvalidMoment` for a naive or a future one."""
    if at.tzinfo is None or at > clock.now() + GRACE:
        raise InvalidMoment
    return at


def _sums(which: str, values: dict[str, Any], *, at: datetime | None) -> dict[str, int]:
    """The sum of the chosen accounts by kind, now or then; one statement, so one snapshot."""
    if at is not None:
        values = {**values, "at": checked(at)}
    query = f"{_NOW if at is None else _THEN} WHERE book_id = %(book)s AND {which} GROUP BY kind"
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return {kind: int(amount) for kind, amount in cursor.fetchall()}


_NOW = "SELECT kind, sum(balance) FROM ledger_account"
_THEN = """SELECT kind, coalesce(sum(last.balance_after), 0) FROM ledger_account account
             LEFT JOIN LATERAL (
                 SELECT balance_after FROM ledger_entry entry
                  WHERE entry.account_id = account.id AND entry.recorded_at <= %(at)s
                  ORDER BY entry.recorded_at DESC, entry.version DESC LIMIT 1) last ON true"""
