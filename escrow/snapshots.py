"""Snapshots: what our books, our steps and the chain's feed say of some contracts, in six queries
however many they are."""

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db.models import Case, F, Sum, When

from escrow.comparison import Given, Ours, Piece
from escrow.models import Escrow
from escrow.stakes import RAISED_BY
from integrations.providers.models import ChainMovement, Matter, Submission
from integrations.providers.stellar import feed
from integrations.providers.stellar.feed_mapping import USDC
from ledger import clock
from ledger.models import Account

PATIENCE = timedelta(hours=1)  # with a step whose end is not taken in


def of(book: int, escrows: Collection[str]) -> dict[str, Ours]:
    """By the escrow's id."""
    rows = Escrow.objects.of(book).filter(pk__in=escrows).select_related("order")
    found: list[Escrow] = list(rows.prefetch_related("order__milestones"))
    contracts = [escrow.contract_id for escrow in found]
    held = _held(book, [str(escrow.pk) for escrow in found])
    steps = _steps([owner.pk for escrow in found for owner in _owners(escrow)])
    told, given = shown(book, contracts), _given(book, contracts)
    return {
        str(escrow.pk): Ours(
            escrow=escrow.pk,
            trail=escrow.trail,
            contract_id=escrow.contract_id,
            status=escrow.status,
            is_over=escrow.status in (*Escrow.SETTLED, Escrow.Status.FAILED),
            amount=escrow.amount,
            platform_fee_bps=escrow.platform_fee_bps,
            held=held.get(escrow.pk, 0),
            shown=told.get(escrow.contract_id, 0) if told is not None else None,
            pieces=tuple(_piece(owner, steps[owner.pk]) for owner in _owners(escrow)),
            given=given[escrow.contract_id],
            is_under_way=any(_is_under_way(owner, steps[owner.pk]) for owner in _owners(escrow)),
        )
        for escrow in found
    }


def shown(book: int, contracts: Collection[str]) -> dict[str, int] | None:
    """What the feed says that each contract holds, in stroops; None before there is a feed."""
    if feed.position() is None:
        return None
    rows = _movements(book, contracts)
    inward = Case(When(direction="IN", then=F("amount")), default=-F("amount"))
    return dict(rows.values_list("address").annotate(held=Sum(inward)))


def _owners(escrow: Escrow) -> list[Any]:
    """Whose the steps on the contract are: its milestones, in the contract's order, or itself."""
    pieces = sorted(escrow.order.milestones.all(), key=lambda piece: piece.place)
    return pieces or [escrow]


def _piece(owner: Any, steps: list[Submission]) -> Piece:
    raised = [step for step in steps if step.purpose == RAISED_BY]
    return Piece(
        id=owner.pk,
        amount=owner.amount,
        is_settled=owner.status in owner.SETTLED,
        is_raised=any(step.status == Submission.Status.CONFIRMED for step in raised),
    )


def _is_under_way(owner: Any, steps: list[Submission]) -> bool:
    """Whether a step of ours may have changed the contract, and the books have yet to follow."""
    if not steps:
        return False
    last = steps[-1]
    if last.status in Submission.UNDER_WAY:
        return True
    return owner.taken_in != last.pk and last.status_since > clock.now() - PATIENCE


def _held(book: int, escrows: Collection[str]) -> dict[str, int]:
    rows = Account.objects.of(book).filter(kind="contract", subject__in=escrows)
    return dict(rows.values_list("subject", "balance"))


def _steps(owners: Collection[str]) -> dict[str, list[Submission]]:
    """Our steps by whose they are, the oldest first."""
    found: defaultdict[str, list[Submission]] = defaultdict(list)
    rows = Submission.across_books.filter(subject__in=owners).order_by("created_at")
    for step in rows.only("subject", "purpose", "status", "status_since"):
        found[step.subject].append(step)
    return found


def _given(book: int, contracts: Collection[str]) -> dict[str, list[Given]]:
    """What others paid in, the oldest first."""
    found: defaultdict[str, list[Given]] = defaultdict(list)
    rows = _movements(book, contracts).filter(
        direction=ChainMovement.Direction.IN, matter=Matter.CONTRACT
    )
    for row in rows.order_by("operation_id", "change_index"):
        found[row.address].append(Given(movement=row.pk, amount=row.amount))
    return found


def _movements(book: int, contracts: Collection[str]) -> Any:
    return ChainMovement.objects.of(book).filter(address__in=contracts, asset=USDC)
