"""Comparison: one contract as our books have it against the contract as it is read, and no more.

| there \\ here                | not settled                    | settled                       |
|-----------------------------|--------------------------------|-------------------------------|
| released or resolved        | `contract_ended_by_another`    | agreed                        |
| in dispute, not raised by us| `contract_disputed_by_another` | `contract_not_ended`, if the  |
| neither                     | agreed                         | money is still there          |

What the contract holds must be what the books say: less is `contract_short`. More is what strangers
were seen to pay in (`foreign_money_in_contract`, one per payment), or else `contract_beyond_books`;
booked as a surplus it agrees, and is `money_left_in_contract` once all is settled. What is left in
a settled contract and worth less than a transaction is no finding.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from escrow.freezing import ENDED_BY_ANOTHER, SHORT
from escrow.surpluses import WORTH_FETCHING
from integrations.providers.ports import Contract, ContractKind, ContractMilestone
from integrations.providers.stellar.movements import FOREIGN_MONEY
from ledger.compared import Difference
from ledger.models import Finding, Proposal

DISPUTED_BY_ANOTHER, NOT_ENDED = "contract_disputed_by_another", "contract_not_ended"
BEYOND, LEFT = "contract_beyond_books", "money_left_in_contract"
DIFFERS = "contract_differs"
_COMPARED = "escrow"  # what a comparison of balances names, and nobody else
KINDS = frozenset(
    {ENDED_BY_ANOTHER, SHORT, FOREIGN_MONEY, DISPUTED_BY_ANOTHER, NOT_ENDED, BEYOND, LEFT, DIFFERS}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The whole money of an escrow, or that of one milestone, by our books; in stroops."""

    id: str
    amount: int
    is_settled: bool
    is_raised: bool  # a step of ours has brought it into dispute


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What somebody else was seen to pay into a contract: the movement's id, and how much."""

    movement: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """One contract by our books."""

    escrow: str
    trail: str
    contract_id: str
    status: str
    is_over: bool  # nothing is to happen on it any more
    amount: int
    platform_fee_bps: int
    held: int  # booked as being in it
    shown: int | None = None  # by the chain's feed; None where there is none
    pieces: tuple[Piece, ...] = ()
    given: Sequence[Given] = ()  # the oldest first
    is_under_way: bool = False  # a step of ours may have changed it, and is not booked yet


@dataclass(frozen=True, slots=True)
class Balance:
    """What a contract was due to hold when it was compared, and held; in stroops."""

    escrow: str
    due: int
    held: int


def has_told(finding: Finding) -> bool:
    """Whether it tells how much: a step, or the feed, only meets a difference in passing."""
    return _COMPARED in finding.expected


def told_by(finding: Finding) -> Balance:
    """The balance that it `has_told`."""
    expected, observed = finding.expected, finding.observed
    return Balance(expected[_COMPARED], due=expected["stroops"], held=observed["stroops"])


def compare(ours: Ours, theirs: Contract) -> list[Difference]:
    """Everything in which they differ; pieces and milestones are in the contract's order."""
    found = [*_terms(ours, theirs)]
    if len(ours.pieces) == len(theirs.milestones) or theirs.kind == ContractKind.SINGLE_RELEASE:
        for piece, milestone in zip(ours.pieces, theirs.milestones, strict=False):
            found += _standing(ours, piece, milestone, balance=theirs.balance)
    return found + list(_balance(ours, theirs.balance, found))


def _terms(ours: Ours, theirs: Contract) -> Iterator[Difference]:
    expected = {
        "engagement_id": ours.escrow,
        "stroops": ours.amount,
        "platform_fee_bps": ours.platform_fee_bps,
        "milestones": len(ours.pieces),
    }
    observed = {
        "engagement_id": theirs.engagement_id,
        "stroops": theirs.amount,
        "platform_fee_bps": theirs.platform_fee_bps,
        "milestones": len(theirs.milestones),
    }
    if expected != observed:
        yield _difference(
            ours, DIFFERS, expected, observed, amount=ours.amount, proposal=Proposal.IGNORE
        )


def _standing(
    ours: Ours, piece: Piece, there: ContractMilestone, *, balance: int
) -> Iterator[Difference]:
    flags = {"released": there.released, "resolved": there.resolved, "disputed": there.disputed}
    kind, proposal = _stands_as(piece, there), Proposal.POST_MISSING
    if kind == NOT_ENDED and balance <= ours.held:
        return  # the flags are old: the money has left
    if kind == DISPUTED_BY_ANOTHER:
        proposal = Proposal.IGNORE  # our acts follow the contract; but who used the key?
    elif kind == NOT_ENDED:
        proposal = Proposal.WAIT  # the chain has shown our own transaction
    if kind:
        expected = {"status": ours.status, "settled": piece.is_settled}
        observed = {"contract": ours.contract_id, **flags, "balance": balance}
        yield Difference(
            kind=kind,
            subject=piece.id,
            trail=ours.trail,
            expected=expected,
            observed=observed,
            amount=piece.amount,
            proposal=proposal,
        )


def _stands_as(piece: Piece, there: ContractMilestone) -> str:
    is_ended = there.released or there.resolved
    if is_ended:
        return "" if piece.is_settled else ENDED_BY_ANOTHER
    if piece.is_settled:
        return NOT_ENDED
    return DISPUTED_BY_ANOTHER if there.disputed and not piece.is_raised else ""


def _balance(ours: Ours, balance: int, found: Sequence[Difference]) -> Iterator[Difference]:
    """Against what it must hold once those that differ in standing are settled."""
    kinds = {one.kind for one in found}
    gone = sum(one.amount for one in found if one.kind == ENDED_BY_ANOTHER)
    if NOT_ENDED in kinds or (gone == ours.amount and not balance):
        return
    due = ours.held - gone
    if balance < due:
        yield _short(ours, balance, due)
    elif balance > due:
        yield from _over(ours, balance, due)
    elif ours.is_over and balance >= WORTH_FETCHING:
        yield _difference(
            ours, LEFT, {"stroops": 0}, {"stroops": balance, "contract": ours.contract_id},
            amount=balance, proposal=Proposal.IGNORE,
        )  # fmt: skip


def _short(ours: Ours, balance: int, due: int) -> Difference:
    expected = {"stroops": due, "feed": ours.shown, _COMPARED: ours.escrow}
    observed = {"stroops": balance, "contract": ours.contract_id}
    lacking = due - balance
    proposal = Proposal.POST_MISSING  # a loss, which no adjustment of one account could book
    return _difference(ours, SHORT, expected, observed, amount=lacking, proposal=proposal)


def _over(ours: Ours, balance: int, due: int) -> Iterator[Difference]:
    over = balance - due
    if ours.is_over and over < WORTH_FETCHING:
        return
    # Among what is under way it is booked by itself, before the contract is divided.
    proposal = Proposal.POST_MISSING if ours.is_over else Proposal.WAIT
    seen = {"stroops": balance, "contract": ours.contract_id}
    if given := _explaining(over, ours.given):
        for one in given:
            yield Difference(
                kind=FOREIGN_MONEY,
                subject=one.movement,
                trail=ours.trail,
                expected={"stroops": due, _COMPARED: ours.escrow},
                observed=seen,
                amount=one.amount,
                proposal=proposal,
            )
    else:
        expected = {"stroops": due, "feed": ours.shown, _COMPARED: ours.escrow}
        yield _difference(ours, BEYOND, expected, seen, amount=over, proposal=Proposal.POST_MISSING)


def _explaining(over: int, given: Sequence[Given]) -> list[Given]:
    """The newest payments that come to just this much; none, if they do not."""
    taken: list[Given] = []
    for one in reversed(given):
        if over <= 0:
            break
        taken.append(one)
        over -= one.amount
    return taken if over == 0 else []


def _difference(
    ours: Ours, kind: str, expected: dict[str, Any], observed: dict[str, Any], *,
    amount: int, proposal: str,
) -> Difference:  # fmt: skip
    return Difference(
        kind=kind,
        subject=ours.escrow,
        trail=ours.trail,
        expected=expected,
        observed=observed,
        amount=amount,
        proposal=proposal,
    )
