"""Relatives: the other records that belong to one, where each stands, and what to decide there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils.html import format_html

from config import decisions
from escrow.models import Dispute, Escrow
from integrations.marketplaces.models import ApiKey, Marketplace, User
from integrations.providers.models import AirtmLink, Submission, Wallet
from ledger.display import badge, brief, dollars, moment, page_of
from ledger.models import Approval, Finding
from payments.models import Deposit, Milestone, Order, TopUp
from withdrawals.models import Withdrawal

Part = tuple[Any, str]  # a row, and as what it belongs to the record

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
# What is a part of one sale is decided about from the page of any other part of it.
PARTS = (Order, Milestone, Dispute, Finding, Approval)
OF_SALES = (Order, Milestone, Escrow, Dispute)


@dataclass(frozen=True, slots=True)
class Relative:
    kind: str
    link: str
    status: str
    amount: str
    since: str
    buttons: list[dict[str, Any]]


def of(record: Any, *, found: list[Finding], operator: Any) -> list[Relative]:
    """What does not add up about a record (of all that was found), what belongs to it, and what two
    people decide about any of that: a query per kind, newest first.

    Of what is a part of the same sale this operator's next acts as well.
    """
    open_ones = [finding for finding in reversed(found) if finding.resolved_at is None]
    rows: list[Part] = [*((one, "") for one in open_ones[:MOST]), *_belonging(record)]
    rows += _approvals([record, *(row for row, _ in rows)])
    return [_told(row, part, _buttons(row, record, operator)) for row, part in rows]


def _belonging(record: Any) -> Iterator[Part]:
    for kind, column, own in BELONGS.get(type(record), []):
        if column == "pk":  # the page has fetched it with the record
            if (row := getattr(record, own.removesuffix("_id"))) is not None:
                if kind is Milestone:
                    row.order = record.order  # its acts ask for it
                yield row, ""
        elif (value := getattr(record, own)) is not None:
            part = f", as {column}" if column in {"buyer", "seller"} else ""
            for row in _rows(kind).filter(**{column: value}).order_by("-pk")[:MOST]:
                yield row, part


def _approvals(rows: list[Any]) -> list[Part]:
    asked = Approval.across_books.filter(subject__in=[str(row.pk) for row in rows])
    return [(row, "") for row in asked.order_by("-pk")[:MOST]]


def _rows(kind: Any) -> Any:
    """The acts of a milestone ask for its order."""
    rows = kind._base_manager
    return rows.select_related("order") if kind is Milestone else rows


def _buttons(row: Any, record: Any, operator: Any) -> list[dict[str, Any]]:
    is_near = isinstance(row, Finding | Approval) or isinstance(record, OF_SALES)
    return decisions.buttons(row, operator=operator) if is_near and isinstance(row, PARTS) else []


def _told(row: Any, part: str, buttons: list[dict[str, Any]]) -> Relative:
    amount = getattr(row, "amount", None)
    at = getattr(row, "status_since", None) or getattr(row, "opened_at", None)
    return Relative(
        kind=f"{row._meta.verbose_name}{part}",
        link=page_of(row, _named(row)),
        status=_status(row),
        amount=dollars(amount) if amount else "",
        since=moment(at) if at else "",
        buttons=buttons,
    )


def _named(row: Any) -> str:
    if isinstance(row, Finding):
        return row.kind
    return str(getattr(row, "purpose", "") or brief(str(row.pk)))


def _status(row: Any) -> str:
    if isinstance(row, ApiKey):
        return f"{row.name}{', revoked' if row.revoked_at else ''}"
    if isinstance(row, Finding):
        return badge(row, "OPEN")
    status = badge(row, row.status)
    if getattr(row, "frozen_at", None):
        return format_html('{} <span class="record-badge record-bad">FROZEN</span>', status)
    return status
