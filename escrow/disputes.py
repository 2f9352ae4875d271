"""Disputes: opened by a side, talked about, withdrawn, or decided once and for ever."""

from collections.abc import Sequence
from typing import Any

from escrow import progress, stakes
from escrow.models import Comment, Dispute, Escrow, Evidence
from escrow.stakes import Stake
from integrations.marketplaces import users
from ledger import clock, events, money
from ledger.events import Actor
from ledger.refusals import Conflict, NotReady, Refusal
from payments import deliveries, orders
from payments.models import Order, Party
from payments.orders import Deal

Decision, Status = Dispute.Decision, Dispute.Status


class AlreadyOpen(Conflict):
    """A dispute about this is open."""

    code = "DISPUTE_ALREADY_OPEN"


class DoesNotAddUp(Refusal):
    """Both shares together must be the amount in dispute."""

    code = "SPLIT_DOES_NOT_ADD_UP"


# Nothing is asked of the contract: an order in progress, or a milestone that nobody has settled.
DISPUTABLE = {"IN_PROGRESS", "OPEN", "DELIVERED"}


def open_about(
    deal: Deal,
    *,
    opened_by: str,
    evidence: Sequence[dict[str, str]],
    by: Actor,
    **facts: str,
) -> Dispute:
    """Freeze the order or milestone, and have it raised on the contract with the opener's wallet.

    Raises `AlreadyOpen`, `NotReady` and the opener's refusals.
    """
    users.acting(_user(deal, opened_by))
    stake = stakes.locked(deal)
    if stake.deal.status == Order.Status.DISPUTED:
        raise AlreadyOpen(current_status=stake.deal.status)
    if stake.deal.status not in DISPUTABLE:  # an edge leads here from what is refused, and no act
        raise NotReady(current_status=stake.deal.status, allowed_from=sorted(DISPUTABLE))
    is_raised = stake.is_raised  # an earlier one was withdrawn, and the contract stays in dispute
    stake.deal.advance("DISPUTED", by=by, reason=facts["reason"], auto_release_at=None)
    dispute = Dispute.start(
        by=by,
        book_id=stake.book_id,
        order=stake.escrow.order,
        milestone=stake.milestone,
        amount=stake.amount,
        opened_by=opened_by,
        raised_at=clock.now() if is_raised else None,
        **facts,
    )
    for each in evidence:
        _add(Evidence, dispute, by=by, **each)
    _mirror(stake, by=by)
    return dispute


def assign(dispute: Dispute, *, assignee: str, by: Actor) -> Dispute:
    """Say who looks into it. Raises `NotReady`."""
    dispute = dispute.locked()
    if dispute.status == Status.OPEN:
        dispute.advance(Status.UNDER_REVIEW, by=by, assignee=assignee)
    else:
        _require_open(dispute)
        dispute.note("assigned", by=by, assignee=assignee)
    return dispute


def comment(dispute: Dispute, *, body: str, visibility: str, by: Actor) -> Comment:
    """Say something; INTERNAL is for those who decide."""
    row: Comment = _add(Comment, dispute, by=by, body=body, visibility=visibility)
    return row


def add_evidence(dispute: Dispute, *, url: str, note: str, by: Actor) -> Evidence:
    """Point to something that speaks for a side. Raises `NotReady` once it has ended."""
    _require_open(dispute)
    row: Evidence = _add(Evidence, dispute, by=by, url=url, note=note)
    events.record(dispute.book_id, "dispute.evidence_added", dispute, by=by)
    return row


def withdraw(dispute: Dispute, *, by: Actor) -> Dispute:
    """Give the matter back to the parties; the clock of a delivery starts in full. The contract
    stays in dispute, so that whatever is asked later ends in a resolution. Raises `NotReady`.
    """
    stake = _locked(dispute)
    dispute = dispute.locked()
    dispute.advance(Status.WITHDRAWN, by=by)
    deal = stake.deal
    deal.advance(deal.given_back, by=by, **deliveries.clock_of(deal))
    return dispute


def resolve(dispute: Dispute, *, decision: str, note: str, by: Actor, **shares: int) -> Dispute:
    """Divide the money as decided (stroops, before fees): once, and not to be taken back.

    Raises `DoesNotAddUp`, `NotReady`, `SubjectFrozen`.
    """
    stake = _locked(dispute)
    dispute = dispute.locked()
    facts = _divided(dispute, decision, shares)
    facts |= {"decision": decision, "decision_note": note, "failure_code": "", "failure": ""}
    dispute.advance(Status.RESOLVING, by=by, reason=note, **facts)
    _mirror(stake, by=by)
    return dispute


def proceed(dispute_id: str) -> None:
    """Carry the decision out."""
    dispute = Dispute.across_books.get(pk=dispute_id)
    rows = Escrow.across_books.filter(order=dispute.order_id).exclude(status=Escrow.Status.FAILED)
    progress.proceed(dispute.milestone_id or rows.get().pk)


def _divided(dispute: Dispute, decision: str, shares: dict[str, int]) -> dict[str, Any]:
    whole = dispute.amount
    if decision != Decision.SPLIT:
        given = whole if decision == Decision.FULL_RELEASE else 0
        return {"release_amount": given, "refund_amount": whole - given}
    if sum(shares.values()) != whole:
        raise DoesNotAddUp(amount=money.text(whole), shares=money.text(sum(shares.values())))
    return dict(shares)


def _mirror(stake: Stake, *, by: Actor) -> None:
    """The escrow of a whole order says what is asked of the contract: to raise it, then to end it.

    While it is being raised a decision waits for that.
    """
    here, is_decided = stake.escrow, stake.dispute().status == Status.RESOLVING
    if here.status == Escrow.Status.FUNDED:
        stake.advance_escrow(Escrow.Status.DISPUTING, by=by)
    elif here.status == Escrow.Status.DISPUTED and is_decided:
        stake.advance_escrow(Escrow.Status.RESOLVING, by=by)


def _locked(dispute: Dispute) -> Stake:
    """What it is about, locked before it. Raises `NotReady` once it has ended."""
    _require_open(dispute)
    orders.locked(dispute.order_id)
    return stakes.locked(dispute.milestone or dispute.order)


def _require_open(dispute: Dispute) -> None:
    if dispute.status not in {Status.OPEN, Status.UNDER_REVIEW}:
        allowed = [Status.OPEN, Status.UNDER_REVIEW]
        raise NotReady(current_status=dispute.status, allowed_from=allowed)


def _user(deal: Deal, party: str) -> str:
    order = orders.of(deal)
    return str(order.buyer_id if party == Party.BUYER else order.seller_id)


def _add(kind: Any, dispute: Dispute, *, by: Actor, **facts: str) -> Any:
    return kind.across_books.create(
        book_id=dispute.book_id, dispute=dispute, author=by.name, created_at=clock.now(), **facts
    )
