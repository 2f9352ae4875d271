"""Freezing: what does not add up stops its escrow's acts, and somebody has to look."""

from typing import Any

from escrow.models import Escrow
from escrow.stakes import Stake
from integrations.providers.ports import ContractMilestone
from ledger import clock
from ledger.findings import find, resolve

ENDED_BY_ANOTHER, SHORT = "contract_ended_by_another", "contract_short"
ELSEWHERE = "contract_stands_elsewhere"


def freeze(stake: Stake, kind: str, expected: dict[str, Any], observed: dict[str, Any]) -> None:
    """Refuse further acts on the escrow, with a finding."""
    stop(str(stake.escrow.pk))
    report(stake, kind, expected, observed)


def stop(escrow_id: str) -> None:
    """Refuse further acts on an escrow until somebody has settled what is wrong."""
    Escrow.across_books.filter(pk=escrow_id, frozen_at=None).update(frozen_at=clock.now())


def stop_around(milestone_id: str) -> None:
    """Refuse further acts on the escrow in which this milestone's money is."""
    for escrow_id in Escrow.across_books.filter(order__milestones=milestone_id).values_list(
        "pk", flat=True
    ):
        stop(escrow_id)


def find_foreign_end(stake: Stake, piece: ContractMilestone) -> None:
    """The contract is at its end, and by no step of ours."""
    flags = {"released": piece.released, "resolved": piece.resolved}
    goal = stake.goal.value if stake.goal else ""
    freeze(stake, ENDED_BY_ANOTHER, {"step": goal}, flags)


def no_longer_elsewhere(stake: Stake, *, story: str) -> None:
    """What a stale reading had told is no longer so, or nobody asks any more."""
    resolve(book=stake.book_id, kind=ELSEWHERE, subject=stake.id, story=story)


def report(stake: Stake, kind: str, expected: dict[str, Any], observed: dict[str, Any]) -> None:
    """Write it down, and let everything go on."""
    find(
        book=stake.book_id,
        kind=kind,
        subject=stake.id,
        trail=stake.trail,
        expected=expected,
        observed=observed,
        amount=stake.amount,
    )
