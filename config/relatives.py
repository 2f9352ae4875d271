"""Relatives: the other records that belong to one, with where each of them stands."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from escrow.models import Dispute, Escrow
from integrations.marketplaces.models import ApiKey, Marketplace, User
from integrations.providers.models import AirtmLink, Submission, Wallet
from ledger.display import badge, brief, dollars, moment, page_of
from ledger.models import Approval
from payments.models import Deposit, Milestone, Order, TopUp
from withdrawals.models import Withdrawal

MOST = 8  # of one kind, the newest

# Kind of record → the kinds that belong to it, and the column that says so.
BELONGS: dict[type[Model], list[tuple[Any, str, str]]] = {
    Order: [(Milestone, "order", "pk"), (Escrow, "order", "pk"), (Dispute, "order", "pk"),
            (Submission, "order", "pk")],
    Milestone: [(Order, "pk", "order_id"), (Dispute, "milestone", "pk"),
                (Submission, "subject", "pk")],
    Escrow: [(Order, "pk", "order_id"), (Milestone, "order", "order_id"),
             (Dispute, "order", "order_id"), (Submission, "subject", "pk")],
    Dispute: [(Order, "pk", "order_id"), (Escrow, "order", "order_id"),
              (Milestone, "pk", "milestone_id")],
    TopUp: [(AirtmLink, "holder", "user_id")],
    Deposit: [(Wallet, "address", "address")],
    Withdrawal: [(AirtmLink, "holder", "user_id"), (Wallet, "holder", "user_id"),
                 (Submission, "subject", "pk")],
    Wallet: [(Deposit, "address", "address"), (Submission, "source", "address")],
    User: [(AirtmLink, "holder", "pk"), (Wallet, "holder", "pk"), (TopUp, "user", "pk"),
           (Deposit, "user", "pk"), (Order, "buyer", "pk"), (Order, "seller", "pk"),
           (Withdrawal, "user", "pk")],
    Marketplace: [(ApiKey, "marketplace", "pk")],
}  # fmt: skip
# Whatever it is: what two people decide about it.
OF_ANY: list[tuple[Any, str, str]] = [(Approval, "subject", "pk")]


@dataclass(frozen=True, slots=True)
class Relative:
    kind: str
    link: str
    status: str
    amount: str
    since: str


def of(record: Any) -> list[Relative]:
    """What belongs to a record: one query per kind, newest first."""
    return [
        _told(kind, column, row)
        for kind, column, own in [*BELONGS.get(type(record), []), *OF_ANY]
        if (value := getattr(record, own)) is not None
        for row in kind._base_manager.filter(**{column: value}).order_by("-pk")[:MOST]
    ]


def _told(kind: Any, column: str, row: Any) -> Relative:
    name = str(kind._meta.verbose_name)
    part = f"{name}, as {column}" if column in {"buyer", "seller"} else name
    amount, at = getattr(row, "amount", None), getattr(row, "status_since", None)
    return Relative(
        kind=part,
        link=page_of(row, str(getattr(row, "purpose", "") or brief(str(row.pk)))),
        status=_status(row),
        amount=dollars(amount) if amount else "",
        since=moment(at) if at else "",
    )


def _status(row: Any) -> str:
    if isinstance(row, ApiKey):
        return f"{row.name}{', revoked' if row.revoked_at else ''}"
    return badge(row, row.status)
