"""Foreign ends: a contract, or a milestone of one, that somebody else has settled is booked as the
chain's feed saw it divided, when an operator says so."""

from collections import defaultdict

from escrow import endings, postings, stakes
from escrow.models import Dispute, Escrow
from escrow.postings import Seen
from escrow.stakes import Stake
from integrations.providers.models import ChainMovement, Matter, Submission
from integrations.providers.stellar.feed_mapping import USDC
from integrations.providers.stellar.movements import FOREIGN_PAYOUT
from ledger import balances, chart
from ledger.events import Actor
from ledger.findings import resolve
from ledger.refusals import Conflict
from payments.models import Milestone


class NotSeen(Conflict):
    """The chain's feed does not show the money leave the contract."""

    code = "ENDING_NOT_SEEN"


def take_in(stake: Stake, *, by: Actor) -> None:
    """Settle what the contract has settled. Joins the caller's transaction.

    Raises `NotSeen`, `StepUnderWay`, and `NotReady` if it is settled here already.
    """
    stake = stakes.at_rest(stake)
    left = _departed(stake)
    seen = endings.told_apart(stake.escrow, [(row.counterparty, row.amount) for row in left])
    _book_surplus(stake, seen, by=by)
    kind = end(stake, seen, by=by)
    postings.settled(stake, kind, seen, buyer_due=seen.to_buyer, by=by)
    _forget(stake, left, by=by)


def end(stake: Stake, seen: Seen, *, by: Actor) -> str:
    """Close it, whatever was being asked, as this division says; the kind of its transfer."""
    ending = endings.as_seen(seen)
    _end_dispute(stake, by=by)
    _make_way(stake, ending.outcome, by=by)
    endings.end(stake, ending, by=by)
    return ending.transfer


def _departed(stake: Stake) -> list[ChainMovement]:
    """What left the contract for it, by no step of ours. Raises `NotSeen`."""
    rows = ChainMovement.objects.of(stake.book_id).filter(
        address=stake.escrow.contract_id, direction="OUT", matter=Matter.CONTRACT, asset=USDC
    )
    left = list(rows.order_by("operation_id", "change_index"))
    if stake.milestone:
        left = _of_milestone(stake.milestone, left)
    if sum(row.amount for row in left) < stake.amount:
        raise NotSeen
    return left


def _of_milestone(piece: Milestone, left: list[ChainMovement]) -> list[ChainMovement]:
    """One transaction divides one whole milestone. Of several that are alike, each takes one."""
    divisions: defaultdict[str, list[ChainMovement]] = defaultdict(list)
    for row in left:
        divisions[row.tx_hash].append(row)
    alike = [rows for rows in divisions.values() if sum(r.amount for r in rows) == piece.amount]
    taken = _settled_by_others(piece)
    return alike[taken] if taken < len(alike) else []


def _settled_by_others(piece: Milestone) -> int:
    """How many milestones of this amount were settled here by no step of ours."""
    ours = Submission.across_books.filter(
        purpose__in=["escrow.release", "escrow.resolve"], status=Submission.Status.CONFIRMED
    )
    rows = Milestone.across_books.filter(order=piece.order_id, amount=piece.amount)
    settled = rows.filter(status__in=Milestone.SETTLED)
    return int(settled.exclude(pk__in=ours.values("subject")).count())


def _book_surplus(stake: Stake, seen: Seen, *, by: Actor) -> None:
    """What strangers had put in was divided with the rest."""
    if stake.milestone:
        return
    escrow = stake.escrow
    known = balances.of(escrow.book_id, chart.surplus(escrow.id))
    if (surplus := seen.total - stake.amount) > known:
        cause = f"{escrow.id}/{surplus}"
        postings.surplus_seen(escrow, surplus - known, cause=cause, by=by)


def _end_dispute(stake: Stake, *, by: Actor) -> None:
    """There is nothing left to decide about."""
    rows = Dispute.across_books.filter(order=stake.escrow.order_id, milestone=stake.milestone)
    for dispute in rows.exclude(status__in=Dispute.ENDED).select_for_update(no_key=True):
        if dispute.status == Dispute.Status.RESOLVING:
            dispute.advance(Dispute.Status.UNDER_REVIEW, by=by)
        dispute.advance(Dispute.Status.WITHDRAWN, by=by, reason="The contract is settled.")


_ASKED_FOR = {
    Milestone.Status.RELEASED: Milestone.Status.RELEASE_REQUESTED,
    Milestone.Status.REFUNDED: Milestone.Status.REFUND_REQUESTED,
    Milestone.Status.SPLIT: Milestone.Status.DISPUTED,
}


def _make_way(stake: Stake, outcome: str, *, by: Actor) -> None:
    """To where an edge leads to the end: what was being asked for is given up."""
    if stake.milestone:
        _give_up(stake.milestone, to=outcome, by=by)
    elif stake.escrow.status == Escrow.Status.DISPUTED:
        stake.escrow.advance(Escrow.Status.RESOLVING, by=by)
    elif Escrow.Status.FUNDED in Escrow.TRANSITIONS[stake.escrow.status]:
        stake.escrow.advance(Escrow.Status.FUNDED, by=by)


def _give_up(piece: Milestone, *, to: str, by: Actor) -> None:
    if to in Milestone.TRANSITIONS[piece.status]:
        return
    if piece.under_way:
        piece.advance(piece.given_back, by=by)
    piece.advance(_ASKED_FOR[Milestone.Status(to)], by=by)


def _forget(stake: Stake, left: list[ChainMovement], *, by: Actor) -> None:
    """What was found about the payments that it made is explained."""
    paid = ChainMovement.objects.of(stake.book_id).filter(
        tx_hash__in={row.tx_hash for row in left}, direction="IN"
    )
    story = f"It settled {stake.id}, and is booked ({by.name})."
    for movement in paid:
        resolve(book=stake.book_id, kind=FOREIGN_PAYOUT, subject=movement.pk, story=story)
