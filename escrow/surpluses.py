"""Surpluses: foreign USDC in a contract, booked on a fresh balance before it is divided."""

from django.db import transaction

from escrow import freezing, postings, stakes, steps
from escrow.stakes import Stake
from integrations.providers import directory
from integrations.providers.answers import Done
from integrations.providers.models import Submission
from integrations.providers.ports import Contract
from ledger import balances, chart
from ledger.events import Actor

STELLAR = Actor("stellar")


def book(stake: Stake, contract: Contract) -> int | None:
    """Post what is new of it; answers what there is, or None where the contract holds too little.

    Balance and milestones are of one reading, so that it does not matter how far our books are.
    """
    owed = contract.amount if _is_whole(stake) else sum(
        piece.amount for piece in contract.milestones if not (piece.released or piece.resolved)
    )  # fmt: skip
    if (surplus := contract.balance - owed) < 0:
        short = {"balance_at_least": owed}, {"balance": contract.balance}
        freezing.freeze(stake, "contract_short", *short)
        return None
    with transaction.atomic():
        escrow = stakes.relocked(stake).escrow
        known = balances.of(escrow.book_id, chart.surplus(escrow.id))
        if surplus > known:
            postings.surplus_seen(
                escrow, surplus - known, cause=f"{escrow.id}/{surplus}", by=STELLAR
            )
    return surplus


def has_grown(stake: Stake, last: Submission) -> bool:
    """Whether a division failed because the whole was not what it had been when it was read."""
    if last.purpose != steps.RESOLVE or not _is_whole(stake):
        return False
    escrow = stake.escrow
    known = balances.of(escrow.book_id, chart.contract(escrow.id))
    answer = directory.escrows(escrow.book_id, trail=escrow.trail).read(
        contract_id=escrow.contract_id
    )
    return isinstance(answer, Done) and answer.value.balance > known


def _is_whole(stake: Stake) -> bool:
    return stake.milestone is None
