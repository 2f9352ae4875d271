"""Statements: what moved on an account or on all of a user's, with the balance after each entry.

A page begins below a place in the record and never counts rows from the top, so that it costs the
same at the end of a long history, and entries that arrive meanwhile shift nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from ledger.balances import NoSuchAccount
from ledger.chart import OWNED
from ledger.chart import Account as Name
from ledger.models import Account

AT_ONCE = 1_000  # entries that a walk through a whole statement reads in one query
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Place(NamedTuple):
    """Where a statement goes on: below this entry. Ordered by time, then account, then version."""

    microseconds: int  # since 1970
    account: int
    version: int

    @property
    def moment(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.microseconds)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a statement; `change` in the account's own sense, amounts in stroops."""

    place: Place
    recorded_at: datetime
    transfer: str
    kind: str
    cause: str
    trail: str
    account: Name
    change: int
    balance_after: int
    counter_accounts: tuple[str, ...]  # the kinds on the other side of the transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The entries of some accounts, from `since` on and before `before`."""

    accounts: tuple[int, ...]
    since: datetime | None = None
    before: datetime | None = None

    def page(self, *, limit: int, below: Place | None = None) -> list[Line]:
        """At most `limit` entries, newest first: the first ones, or those below a place."""
        moment = below.moment if below else self.before
        values = {
            "accounts": list(self.accounts),
            "since": self.since,
            "moment": moment,
            "account": below.account if below else 0,
            "version": below.version if below else 0,
            "limit": limit,
        }
        with connection.cursor() as cursor:
            cursor.execute(_PAGE, values)
            return [_line(row) for row in cursor.fetchall()]

    def lines(self) -> Iterator[Line]:
        """Every entry, read piece by piece."""
        below = None
        while page := self.page(limit=AT_ONCE, below=below):
            yield from page
            below = page[-1].place


def of_account(
    book: int, name: Name, *, since: datetime | None = None, before: datetime | None = None
) -> Statement:
    """The statement of one account; raises `NoSuchAccount`."""
    rows = Account.objects.of(book).filter(**name._asdict())
    if not (accounts := tuple(rows.values_list("pk", flat=True))):
        raise NoSuchAccount(account=name.kind, subject=name.subject)
    return Statement(accounts=accounts, since=since, before=before)


def of_owner(
    book: int,
    owner: str,
    *,
    kinds: tuple[str, ...] = OWNED,
    since: datetime | None = None,
    before: datetime | None = None,
) -> Statement:
    """The statement of what is a user's; for one of its `kinds` of account alone, if told so."""
    rows = Account.objects.of(book).filter(owner=owner, kind__in=kinds)
    accounts = tuple(rows.values_list("pk", flat=True))
    return Statement(accounts=accounts, since=since, before=before)


def _line(row: tuple[Any, ...]) -> Line:
    recorded_at, account, version, kind, subject, asset, *facts, others = row
    microseconds = (recorded_at - _EPOCH) // timedelta(microseconds=1)
    transfer, transfer_kind, cause, trail, change, balance_after = facts
    return Line(
        place=Place(microseconds, account, version),
        recorded_at=recorded_at,
        transfer=transfer,
        kind=transfer_kind,
        cause=cause,
        trail=trail,
        account=Name(kind, subject, asset),
        change=change,
        balance_after=balance_after,
        counter_accounts=tuple(others),
    )


# The newest of each account, then the newest of all: every step is served by `entries_by_time`.
_PAGE = """
SELECT entry.recorded_at, entry.account_id, entry.version, entry.kind, entry.subject, entry.asset,
       transfer.id, transfer.kind, transfer.cause, transfer.trail,
       entry.normal * entry.amount, entry.balance_after,
       ARRAY(SELECT DISTINCT account.kind FROM ledger_entry other
               JOIN ledger_account account ON account.id = other.account_id
              WHERE other.transfer_id = entry.transfer_id
                AND sign(other.amount) <> sign(entry.amount) ORDER BY account.kind)
  FROM (SELECT account.kind, account.subject, account.asset, account.normal, newest.*
          FROM ledger_account account CROSS JOIN LATERAL (
              SELECT * FROM ledger_entry
               WHERE account_id = account.id
                 AND recorded_at >= coalesce(%(since)s::timestamptz, '-infinity')
                 AND (recorded_at, version) < (
                     coalesce(%(moment)s::timestamptz, 'infinity'),
                     CASE WHEN account.id < %(account)s THEN 9223372036854775807
                          WHEN account.id = %(account)s THEN %(version)s ELSE 0 END)
               ORDER BY recorded_at DESC, version DESC LIMIT %(limit)s) newest
         WHERE account.id = ANY (%(accounts)s)
         ORDER BY recorded_at DESC, account_id DESC, version DESC LIMIT %(limit)s) entry
  JOIN ledger_transfer transfer ON transfer.id = entry.transfer_id
 ORDER BY entry.recorded_at DESC, entry.account_id DESC, entry.version DESC"""
