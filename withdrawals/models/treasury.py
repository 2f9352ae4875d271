"""Treasury moves: the platform's money on its way from one place of ours to another."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from integrations.providers.intents import MemoType
from ledger.fields import Amount, PublicId, Reference
from ledger.lifecycle import ASKING, Lifecycle
from ledger.models import Arrival
from ledger.tenancy import Owned
from withdrawals.models.withdrawals import MEMO_TYPES


class TreasuryMoveStatus(models.TextChoices):
    LEAVING = "LEAVING"
    IN_TRANSIT = "IN_TRANSIT"
    ARRIVED = "ARRIVED"
    FAILED = "FAILED"


class TreasuryMove(Lifecycle, Owned):
    """From wallet to wallet, and back to a sender, a move leaves and arrives in one transaction on
    the chain; between the rails it is seen to leave, is in transit, and is seen to arrive.
    """

    Status = TreasuryMoveStatus

    class Route(models.TextChoices):
        SWEEP = "SWEEP"  # from a user's wallet, or that of the fees, to the treasury
        TO_AIRTM = "TO_AIRTM"
        FROM_AIRTM = "FROM_AIRTM"
        BACK = "BACK"  # unattributed money, to whoever sent it

    NOUN = "treasury_move"
    TRANSITIONS = {
        Status.LEAVING: {Status.IN_TRANSIT, Status.ARRIVED, Status.FAILED},
        Status.IN_TRANSIT: {Status.ARRIVED, Status.FAILED},  # an operator says where it was seen
        Status.ARRIVED: set(),
        Status.FAILED: set(),
    }
    STANDS_AT_MOST = {Status.LEAVING: ASKING}
    OWED_WITHIN = {
        Status.LEAVING: timedelta(hours=1),
        Status.IN_TRANSIT: timedelta(days=5),  # a bank takes three business days
    }
    UNDER_WAY = (Status.LEAVING, Status.IN_TRANSIT)
    _BEGUN = {"move_begun"}
    TRANSFERS = {
        Status.IN_TRANSIT: [_BEGUN],
        # None, where it went in one step: the cause of a `cover` is its submission, that of what
        # was sent back its arrival.
        Status.ARRIVED: [set(), _BEGUN | {"move_arrived"}],
        Status.FAILED: [set(), _BEGUN | {"move_failed"}],
    }
    BACKED_BY = ("in_transit", "id", (Status.IN_TRANSIT,))

    id = PublicId("tmv")
    route = models.CharField(max_length=10, choices=Route.choices)
    amount = Amount()  # what leaves
    fee = Amount(default=0)  # what is lost on the way
    source = models.CharField(max_length=56, blank=True)  # a wallet's address; empty for Airtm
    target = models.CharField(max_length=69, blank=True)
    memo = models.CharField(max_length=64, blank=True)
    memo_type = models.CharField(max_length=4, choices=MEMO_TYPES, default=MemoType.TEXT)
    arrival = models.ForeignKey(Arrival, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=250, blank=True)
    left_as = Reference()  # where it was seen to leave: a hash, or Airtm's id
    arrived_as = Reference()
    taken_in = Reference()  # the last submission whose end we have drawn the consequences of
    failure = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.LEAVING)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="moved_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(fee__gte=0, fee__lt=F("amount")), name="a_move_costs_less_than_it_moves"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["IN_TRANSIT", "ARRIVED"]) | ~Q(left_as=""),
                name="what_left_was_seen_to_leave",
            ),
            models.CheckConstraint(
                condition=~Q(status="ARRIVED") | ~Q(arrived_as=""),
                name="what_arrived_was_seen_to_arrive",
            ),
            models.UniqueConstraint(
                fields=["book", "source", "left_as"],
                condition=~Q(left_as=""),
                name="one_move_per_departure",
            ),
            models.UniqueConstraint(
                fields=["book", "route", "arrived_as"],
                condition=~Q(arrived_as=""),
                name="one_move_per_arrival",
            ),
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(status="LEAVING", route="SWEEP"),
                name="one_sweep_at_a_time_per_wallet",
            ),
            models.UniqueConstraint(
                fields=["book"],
                condition=Q(status="LEAVING", route="TO_AIRTM"),
                name="one_leaves_for_airtm_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(route="BACK") ^ Q(arrival=None), name="what_goes_back_had_arrived"
            ),
            models.UniqueConstraint(
                fields=["arrival"],
                condition=Q(status__in=["LEAVING", "ARRIVED"]),
                name="an_arrival_goes_back_once",
            ),
            Lifecycle.legal(TreasuryMoveStatus, noun="treasury_move"),
        ]

    @property
    def under_way(self) -> bool:
        return self.status in self.UNDER_WAY
