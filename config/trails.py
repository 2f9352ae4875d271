"""Trails that operators leave: every decision, login and look at personal data is audited."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from escrow.models import Comment, Dispute, Escrow, Evidence
from integrations.marketplaces import audit
from integrations.marketplaces.audit import Origin
from integrations.marketplaces.models import User
from integrations.marketplaces.rest.requests import origin
from integrations.providers.models import AirtmLink, Call, Inbound, Wallet
from ledger import acts
from ledger.acts import Act, Decided
from ledger.events import Actor
from ledger.models import Approval, Arrival, Event, Finding
from payments.models import Deposit, Milestone, Order, TopUp
from withdrawals.models import PayoutReturn, Withdrawal

# Records that name a person, or say what one does with money or has said in a quarrel.
PERSONAL = (
    User, AirtmLink, Wallet, TopUp, Deposit, Order, Milestone, Escrow, Withdrawal, PayoutReturn,
    Dispute, Evidence, Comment, Call, Inbound, Event, Finding, Approval, Arrival,
)  # fmt: skip


def actor(request: HttpRequest) -> Actor:
    """The operator at the browser."""
    name = request.user.get_username()  # type: ignore[union-attr]
    return Actor(f"operator:{name}", request_id=str(request.id))  # type: ignore[attr-defined]


def audited(
    act: Act,
    record: Any,
    *,
    answers: Mapping[str, Any],
    reason: str,
    by: Actor,
    origin: Origin,
) -> Decided:
    """Decide, and write who decided what and why in the same transaction. Raises refusals."""
    before = audit.columns(record)
    with transaction.atomic():
        decided = acts.decide(act, record, answers=answers, reason=reason, by=by)
        verb = "asked-for" if decided.approval else "decided"
        after = audit.columns(type(record)._base_manager.filter(pk=record.pk).first())
        audit.record(
            book=getattr(record, "book_id", None),
            act=f"operator.{verb}.{act.name}",
            by=by,
            subject=str(record.pk),
            before=before,
            after={**after, "reason": reason},
            origin=origin,
        )
    return decided


def viewed(request: HttpRequest, kind: Any, record: Any = None) -> None:
    """Note that somebody has read a person's record, or a list of such records."""
    if kind in PERSONAL:
        about = str(record.pk) if record else kind._meta.model_name
        noted(request, "operator.viewed", subject=about, book=getattr(record, "book_id", None))


def noted(
    request: HttpRequest, act: str, *, subject: str = "", book: int | None = None, by: str = ""
) -> None:
    """Write one entry about this request."""
    who = Actor(f"operator:{by}"[:120], request_id=str(request.id)) if by else actor(request)  # type: ignore[attr-defined]
    with transaction.atomic():
        audit.record(book=book, act=act, by=who, subject=subject[:120], origin=origin(request))
