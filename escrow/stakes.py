"""Stakes: what one act is about, which is the whole money of an escrow or that of one milestone.

Both are asked for in the same words and settled by the same steps. The deal (order or milestone)
says what the parties want; the steps on the contract, and what was taken in of them, belong to the
milestone, or to the escrow where there is none.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from escrow.models import Dispute, Escrow
from integrations.marketplaces import users
from integrations.providers import directory
from integrations.providers.answers import Answer
from integrations.providers.models import Submission
from integrations.providers.ports import Contract
from integrations.providers.stellar import submission
from ledger.atomicity import require_transaction
from ledger.events import Actor
from ledger.refusals import Conflict, NotReady
from payments import orders
from payments.models import Milestone, Order
from payments.orders import Deal

RAISED_BY = "escrow.dispute"  # the purpose of the step that freezes the money on the contract


class StepUnderWay(Conflict):
    """A step of ours on this contract is under way; it comes first."""

    code = "STEP_UNDER_WAY"


class Goal(Enum):
    """Where a contract is to be brought."""

    RELEASE = "release"
    REFUND = "refund"
    DISPUTE = "dispute"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True)
class Stake:
    """The whole money of an escrow, or that of one of its milestones."""

    escrow: Escrow
    milestone: Milestone | None = None

    @property
    def deal(self) -> Deal:
        """What the parties agreed on: an order or a milestone, asked for in the same words."""
        return self.milestone or self.escrow.order

    @property
    def owner(self) -> Escrow | Milestone:
        """Whose the steps on the contract are."""
        return self.milestone or self.escrow

    @property
    def id(self) -> str:
        return str(self.owner.id)

    @property
    def book_id(self) -> int:
        return int(self.escrow.book_id)

    @property
    def trail(self) -> str:
        return self.escrow.trail

    @property
    def amount(self) -> int:
        return int(self.owner.amount)

    @property
    def index(self) -> int:
        """Its place in the contract."""
        return self.milestone.place if self.milestone else 0

    @property
    def goal(self) -> Goal | None:
        """What is asked of the contract, if anything."""
        asked = {"RELEASE_REQUESTED": Goal.RELEASE, "REFUND_REQUESTED": Goal.REFUND}
        if self.deal.status != Order.Status.DISPUTED:
            return asked.get(self.deal.status)
        dispute = self.dispute()
        if dispute.status == Dispute.Status.RESOLVING:
            return Goal.RESOLVE
        return None if dispute.raised_at else Goal.DISPUTE

    @property
    def asked_at(self) -> datetime:
        """Since when it is asked for what it is asked for."""
        is_disputed = self.deal.status == Order.Status.DISPUTED
        asking = self.dispute() if is_disputed else self.deal
        return asking.status_since

    @property
    def is_raised(self) -> bool:
        """Whether a step of ours has brought it into dispute on the contract."""
        return RAISED_BY in self.confirmed

    @property
    def confirmed(self) -> set[str]:
        """The purposes of our own steps that the chain has shown: no reading can take them back."""
        ours = Submission.across_books.filter(subject=self.id)
        confirmed = ours.filter(status=Submission.Status.CONFIRMED)
        return set(confirmed.values_list("purpose", flat=True))

    @property
    def stands(self) -> str:
        """The escrow's status while nothing is asked of the contract."""
        is_whole_and_raised = self.milestone is None and self.is_raised
        return Escrow.Status.DISPUTED if is_whole_and_raised else Escrow.Status.FUNDED

    def dispute(self) -> Dispute:
        """The open one. Raises `Dispute.DoesNotExist`."""
        rows = Dispute.across_books.filter(order=self.escrow.order_id, milestone=self.milestone)
        open_one: Dispute = rows.exclude(status__in=Dispute.ENDED).get()
        return open_one

    def advance_escrow(self, to: str, *, by: Actor, **facts: Any) -> None:
        """Mirror the act in the escrow's status, which milestones leave as it is."""
        if self.milestone is None:
            self.escrow.advance(to, by=by, **facts)

    def take_in(self, last: Submission | None) -> None:
        """Remember that the consequences of this step are drawn; joins their transaction."""
        if last:
            type(self.owner).across_books.filter(pk=self.owner.pk).update(taken_in=last.pk)
            self.owner.taken_in = last.pk

    def rest(self) -> None:
        """Nobody is asked for anything now: the sweep may leave it alone."""
        rows = type(self.owner).across_books.filter(pk=self.owner.pk, status=self.owner.status)
        rows.update(wake_at=None)
        self.owner.wake_at = None


def of(subject: str) -> Stake:
    """The stake that an escrow's or a milestone's id stands for."""
    if subject.startswith("mls_"):
        milestone = Milestone.across_books.get(pk=subject)
        return Stake(_escrows().get(order=milestone.order_id), milestone)
    return Stake(Escrow.across_books.select_related(*_NEEDED).get(pk=subject))


def about(deal: Deal) -> Stake:
    """The stake of an order or milestone as it stands, with nothing locked."""
    milestone = deal if isinstance(deal, Milestone) else None
    return Stake(_escrows().get(order=milestone.order_id if milestone else deal.id), milestone)


def locked(deal: Deal) -> Stake:
    """The stake of an order or milestone, locked for an act. Raises `NotReady`, `SubjectFrozen`.

    An order with milestones is none: each of them is acted on by itself, while the order goes on.
    """
    milestone = deal if isinstance(deal, Milestone) else None
    order = orders.locked(milestone.order_id if milestone else deal.id)
    if milestone is None and order.has_milestones:
        raise NotReady("Act on its milestones.", current_status=order.status, allowed_from=[])
    if milestone:
        if order.status != Order.Status.IN_PROGRESS:
            raise NotReady(current_status=order.status, allowed_from=[Order.Status.IN_PROGRESS])
        milestone = milestone.locked()
    return Stake(live(order), milestone)


def relocked(stake: Stake) -> Stake:
    """The same stake as it stands now, locked for an outcome."""
    order = orders.locked(stake.escrow.order_id)
    milestone = stake.milestone.locked() if stake.milestone else None
    rows = Escrow.across_books.select_related(*_NEEDED)  # also of one that was given up meanwhile
    escrow = rows.select_for_update(no_key=True, of=("self",)).get(pk=stake.escrow.pk)
    escrow.order = order
    return Stake(escrow, milestone)


def at_rest(stake: Stake) -> Stake:
    """Locked, and of every step of ours the end is taken in. Joins the caller's transaction.

    Raises `StepUnderWay`.
    """
    require_transaction()
    stake = relocked(stake)
    last = submission.latest(stake.id)
    if last and stake.owner.taken_in != last.pk:
        raise StepUnderWay
    return stake


def read(stake: Stake) -> Answer[Contract]:
    """The contract as Trustless Work shows it now."""
    escrow = stake.escrow
    port = directory.escrows(escrow.book_id, trail=escrow.trail)
    return port.read(contract_id=escrow.contract_id)


def live(order: Order) -> Escrow:
    """The live escrow of a locked order, locked. Raises `NotReady`, `SubjectFrozen`."""
    rows = _escrows().select_for_update(no_key=True, of=("self",))
    escrow: Escrow | None = rows.filter(order=order).first()
    if escrow is None:
        raise NotReady(current_status=order.status, allowed_from=[Order.Status.IN_PROGRESS])
    if escrow.frozen_at:
        raise users.SubjectFrozen
    escrow.order = order
    return escrow


_NEEDED = (
    "order", "buyer_wallet", "seller_wallet", "fees_wallet", "resolver_wallet", "treasury_wallet",
)  # fmt: skip


def _escrows() -> Any:
    rows = Escrow.across_books.select_related(*_NEEDED)
    return rows.exclude(status=Escrow.Status.FAILED)
