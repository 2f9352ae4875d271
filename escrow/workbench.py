"""The workbench of a dispute: what both sides say, who they are, and how they fared before."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from escrow.models import Comment, Dispute, Evidence
from ledger.display import moment, page_of
from payments.models import Order, Party

_WON = {
    Party.BUYER: Dispute.Decision.FULL_REFUND,
    Party.SELLER: Dispute.Decision.FULL_RELEASE,
}


@dataclass(frozen=True, slots=True)
class Side:
    """A party of the dispute and its past."""

    part: str
    link: str
    has_opened: bool  # this dispute
    counts: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Word:
    """A comment or a piece of evidence."""

    at: str
    author: str
    text: str
    tag: str = ""
    url: str = ""


def of(dispute: Dispute) -> dict[str, Any]:
    """What the dispute's page shows beside its fields, its money and its timeline."""
    order = Order.across_books.select_related("buyer", "seller").get(pk=dispute.order_id)
    sides = ((Party.BUYER, order.buyer), (Party.SELLER, order.seller))
    return {
        "dispute": dispute,
        "sides": [_side(dispute, part, user) for part, user in sides],
        "evidence": _evidence(dispute),
        "comments": _comments(dispute),
        "deliveries": [text for text in (order.evidence, _piece(dispute)) if text],
    }


def _side(dispute: Dispute, part: Party, user: Any) -> Side:
    return Side(
        part=part.label,
        link=page_of(user, str(user)),
        has_opened=dispute.opened_by == part,
        counts=[*_orders(user), *_disputes(user)],
    )


def _orders(user: Any) -> list[tuple[str, int]]:
    outcomes = Order.Outcome
    rows = Order.objects.of(user.book_id).filter(Q(buyer=user) | Q(seller=user))
    told = rows.aggregate(
        orders=Count("pk"),
        released=Count("pk", filter=Q(outcome=outcomes.RELEASED)),
        refunded=Count("pk", filter=Q(outcome=outcomes.REFUNDED)),
        split=Count("pk", filter=Q(outcome=outcomes.SPLIT)),
        canceled=Count("pk", filter=Q(outcome=outcomes.CANCELED)),
    )
    return list(told.items())


def _disputes(user: Any) -> list[tuple[str, int]]:
    bought, sold = Q(order__buyer=user), Q(order__seller=user)
    rows = Dispute.objects.of(user.book_id).filter(bought | sold)
    told = rows.aggregate(
        disputes=Count("pk"),
        opened=Count("pk", filter=_as(bought, Party.BUYER) | _as(sold, Party.SELLER)),
        won=Count("pk", filter=_won(bought, Party.BUYER) | _won(sold, Party.SELLER)),
    )
    words = ("disputes", "opened by them", "decided for them")
    return list(zip(words, told.values(), strict=True))


def _as(side: Q, part: Party) -> Q:
    return side & Q(opened_by=part)


def _won(side: Q, part: Party) -> Q:
    return side & Q(decision=_WON[part], status=Dispute.Status.RESOLVED)


def _evidence(dispute: Dispute) -> list[Word]:
    rows = Evidence.objects.of(dispute.book_id).filter(dispute=dispute).order_by("pk")
    return [Word(moment(row.created_at), row.author, row.note, url=row.url) for row in rows]


def _comments(dispute: Dispute) -> list[Word]:
    rows = Comment.objects.of(dispute.book_id).filter(dispute=dispute).order_by("pk")
    return [
        Word(moment(row.created_at), row.author, row.body, tag=row.visibility.lower())
        for row in rows
    ]


def _piece(dispute: Dispute) -> str:
    return str(dispute.milestone.evidence) if dispute.milestone else ""
