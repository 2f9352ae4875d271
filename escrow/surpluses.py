"""Surpluses: foreign USDC in a contract, booked on a fresh balance before it is divided."""

from django.db import transaction

from escrow import freezing, postings, stakes, steps
from escrow.models import Escrow
from escrow.stakes import Stake
from integrations.providers.answers import STELLAR, Done
from integrations.providers.intents import EscrowIntent
from integrations.providers.ports import Contract
from ledger import balances, chart, clock, events
from ledger.events import Actor
from ledger.money import DOLLAR
from ledger.refusals import Conflict

WORTH_FETCHING = DOLLAR // 100
MOST_AT_ONCE = 500


def book(stake: Stake, contract: Contract) -> int | None:
    """Post what is new of it; answers what there is, or None where the contract holds too little.

    Balance and milestones are of one reading, so that it does not matter how far our books are.
    """
    pieces = contract.milestones
    owed = sum(piece.amount for piece in pieces if not (piece.released or piece.resolved))
    if (surplus := contract.balance - owed) < 0:
        short = {"stroops": owed}, {"stroops": contract.balance, "contract": contract.contract_id}
        freezing.freeze(stake, freezing.SHORT, *short)
        return None
    with transaction.atomic():
        escrow = stakes.relocked(stake).escrow
        known = balances.of(escrow.book_id, chart.surplus(escrow.id))
        if surplus > known:
            postings.surplus_seen(
                escrow, surplus - known, cause=f"{escrow.id}/{surplus}", by=STELLAR
            )
    return surplus


class Changed(Conflict):
    """Books or contract have changed since it was found; compare again."""

    code = "CONTRACT_HAS_CHANGED"


def book_found(escrow_id: str, amount: int, *, among: tuple[int, int], by: Actor) -> None:
    """A comparison has found `amount` stroops more than is booked; joins the caller's transaction.

    `among` says what was booked and what was seen to be there, then. What can be fetched is looked
    after by the hourly task. Raises `Changed`.
    """
    stake = stakes.relocked(stakes.of(escrow_id))
    escrow, (booked, seen) = stake.escrow, among
    held = balances.of(escrow.book_id, chart.contract(escrow.id))
    if not booked <= held <= seen - amount:
        raise Changed
    known = balances.of(escrow.book_id, chart.surplus(escrow.id))
    cause = f"{escrow.id}/found/{seen}/{known + amount}"
    postings.surplus_seen(escrow, amount, cause=cause, by=by)
    Escrow.across_books.filter(pk=escrow.pk, status__in=Escrow.SETTLED).update(emptied_at=None)


def withdrawal(stake: Stake) -> EscrowIntent | None:
    """The step that fetches what was left in a contract whose milestones are all settled.

    Trustless Work offers it for these only. What is not worth a transaction stays where it is.
    """
    escrow = stake.escrow
    if not escrow.milestones or escrow.emptied_at:
        leave(stake)
        return None
    answer = stakes.read(stake)
    surplus = book(stake, answer.value) if isinstance(answer, Done) else None
    if surplus is not None and surplus < WORTH_FETCHING:
        leave(stake)
        return None
    return steps.withdrawal(escrow, surplus=surplus) if surplus else None


def leave(stake: Stake) -> None:
    """Nobody looks into this contract any more."""
    rows = Escrow.across_books.filter(pk=stake.escrow.pk, emptied_at=None)
    rows.update(emptied_at=clock.now())


def look_for_left_overs() -> None:
    """Wake every settled escrow that nobody has looked into: a lost message loses nothing."""
    waiting = Escrow.across_books.filter(status__in=Escrow.SETTLED, emptied_at=None)
    for escrow in waiting.order_by("pk")[:MOST_AT_ONCE]:
        events.relay(escrow.event_type(), escrow.id)


def has_grown(stake: Stake, contract: Contract) -> bool:
    """Whether there is more than our books know, so that a division was not of the whole."""
    known = balances.of(stake.book_id, chart.contract(stake.escrow.id))
    return stake.milestone is None and contract.balance > known
