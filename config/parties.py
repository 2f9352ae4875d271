"""The money table: one T-account per party of an order, top-up or withdrawal, or of one user.

Debits and credits are summed by the database, so they are whole even where a timeline is cut.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet, Sum

from integrations.marketplaces.models import User
from integrations.providers.models import Wallet
from ledger import money
from ledger.chart import PER_ESCROW, PER_USER
from ledger.display import dollars, in_short, page_of
from ledger.models import Account
from payments.models import Order

CONTRACT, WALLET, PLATFORM = "Contract", "Wallet", "Platform"
_FIRST = ("Buyer", "Seller", "User", CONTRACT, WALLET, PLATFORM)  # the order in which they stand


@dataclass(frozen=True, slots=True)
class Line:
    """One account: its debits and credits, and what they come to in its own normal sense."""

    account: Account
    whose: str  # a wallet's role or user, since an address tells nobody anything
    debits: int
    credits: int

    @property
    def name(self) -> str:
        return page_of(self.account, self.account.kind)

    @property
    def subject(self) -> str:
        return in_short(self.account.subject)

    @property
    def debited(self) -> str:
        return dollars(self.debits)

    @property
    def credited(self) -> str:
        return dollars(self.credits)

    @property
    def comes_to(self) -> str:
        return dollars((self.debits - self.credits) * self.account.normal)


@dataclass(frozen=True, slots=True)
class Party:
    title: str
    lines: list[Line]


def of(record: Any) -> list[Party]:
    """The parties whose accounts a record's trail has moved; without postings there are none."""
    accounts = list(_summed(record))
    names = _names(record, accounts)
    whose = _holders(accounts, names)
    lines = sorted(
        (_party(record, account, names), account.kind, account.pk, _line(account, whose))
        for account in accounts
    )
    return [
        Party(title, [line for *_, line in rows])
        for (_rank, title), rows in groupby(lines, key=lambda row: row[0])
    ]


def totals(record: Any, parties: list[Party]) -> str:
    """Both sums over all parties; of a user or a wallet alone there is one side only."""
    if isinstance(record, User | Wallet):
        return ""
    lines = [line for party in parties for line in party.lines]
    debits, credits = sum(line.debits for line in lines), sum(line.credits for line in lines)
    sign = "=" if debits == credits else "≠"
    return f"debits {money.text(debits)} {sign} credits {money.text(credits)}"


def _summed(record: Any) -> QuerySet[Account]:
    if isinstance(record, User):
        rows = Account.across_books.filter(owner=record.pk, version__gt=0)
    elif isinstance(record, Wallet):
        rows = Account.across_books.filter(
            kind=WALLET.lower(), subject=record.address, version__gt=0
        )
    else:
        rows = Account.across_books.filter(entries__transfer__trail=record.trail)
    return rows.annotate(
        debits=Sum("entries__amount", filter=Q(entries__amount__gt=0), default=0),
        credits=Sum("entries__amount", filter=Q(entries__amount__lt=0), default=0),
    )


def _line(account: Any, whose: dict[str, str]) -> Line:
    told = whose.get(account.subject, "")
    return Line(account, told, int(account.debits), -int(account.credits))


def _holders(accounts: list[Account], names: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Address → whose wallet it is: a user's, or what the platform has it for."""
    addresses = [account.subject for account in accounts if account.kind == WALLET.lower()]
    rows = Wallet.across_books.filter(address__in=addresses) if addresses else ()
    return {
        row.address: names[row.holder][1] if row.holder in names else row.role.lower()
        for row in rows
    }


def _party(record: Any, account: Account, names: dict[str, tuple[str, str]]) -> tuple[int, str]:
    """Whose T-account it belongs to: a user's money, the contract's, or the platform's places."""
    if account.kind in PER_ESCROW:
        role, name = CONTRACT, ""
    elif account.kind in PER_USER:
        role, name = names[account.owner]
    else:
        role, name = WALLET if isinstance(record, User | Wallet) else PLATFORM, ""
    return _FIRST.index(role), f"{role} {name}".strip()


def _names(record: Any, accounts: list[Account]) -> dict[str, tuple[str, str]]:
    """User → the part that they play, and what the marketplace calls them."""
    order = record if isinstance(record, Order) else getattr(record, "order", None)
    parts = {}
    if isinstance(order, Order):
        parts = {order.buyer_id: "Buyer", order.seller_id: "Seller"}
    users = User.across_books.in_bulk({account.owner for account in accounts if account.owner})
    return {pk: (parts.get(pk, "User"), str(user)) for pk, user in users.items()}
