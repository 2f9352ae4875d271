"""Milestones: pieces of an order that are delivered, paid, given back or disputed one by one."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from ledger.fields import Amount, PublicId, Reference
from ledger.lifecycle import ASKING, Lifecycle
from ledger.tenancy import Owned
from payments.models.orders import Order, Party


class MilestoneStatus(models.TextChoices):
    OPEN = "OPEN"
    DELIVERED = "DELIVERED"
    RELEASE_REQUESTED = "RELEASE_REQUESTED"
    REFUND_REQUESTED = "REFUND_REQUESTED"
    DISPUTED = "DISPUTED"
    RELEASED = "RELEASED"
    REFUNDED = "REFUNDED"
    SPLIT = "SPLIT"


class Milestone(Lifecycle, Owned):
    Status = MilestoneStatus
    NOUN = "milestone"
    _ASKED = {Status.RELEASE_REQUESTED, Status.REFUND_REQUESTED, Status.DISPUTED}
    _GIVEN_BACK = {Status.OPEN, Status.DELIVERED}  # to the parties, as it stood before
    TRANSITIONS = {
        Status.OPEN: {Status.DELIVERED, *_ASKED},
        Status.DELIVERED: _ASKED,
        Status.RELEASE_REQUESTED: {Status.RELEASED, *_GIVEN_BACK},
        Status.REFUND_REQUESTED: {Status.REFUNDED, *_GIVEN_BACK},
        Status.DISPUTED: {Status.RELEASED, Status.REFUNDED, Status.SPLIT, *_GIVEN_BACK},
        Status.RELEASED: set(),
        Status.REFUNDED: set(),
        Status.SPLIT: set(),
    }
    STANDS_AT_MOST = {
        Status.DELIVERED: timedelta(minutes=1),  # past its end, like an order in progress
        Status.RELEASE_REQUESTED: ASKING,
        Status.REFUND_REQUESTED: ASKING,
        Status.DISPUTED: ASKING,  # until the contract says so too
    }
    # One in dispute is not here: it rests so until somebody decides.
    OWED_WITHIN = {
        Status.RELEASE_REQUESTED: timedelta(hours=1),
        Status.REFUND_REQUESTED: timedelta(hours=1),
    }
    ENDS_AT = {Status.DELIVERED: "auto_release_at"}
    SETTLED = (Status.RELEASED, Status.REFUNDED, Status.SPLIT)
    TRANSFERS = {
        Status.RELEASED: [{"release"}],
        Status.REFUNDED: [{"refund"}],
        Status.SPLIT: [{"split"}],
    }

    id = PublicId("mls")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="milestones")
    place = models.IntegerField()  # from 0, as the contract counts
    ref = models.CharField(max_length=100)
    title = models.CharField(max_length=100)
    amount = Amount()
    delivered_at = models.DateTimeField(null=True)
    evidence = models.TextField(blank=True)
    auto_release_from = models.DateTimeField(null=True)  # when the clock began
    auto_release_at = models.DateTimeField(null=True)
    requested_by = models.CharField(max_length=8, choices=Party.choices, blank=True)
    failure_code = models.CharField(max_length=60, blank=True)  # of the last act that was refused
    failure = models.TextField(blank=True)
    taken_in = Reference()  # the last submission whose end we have drawn the consequences of
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.OPEN)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="milestone_amount_is_positive"),
            models.UniqueConstraint(fields=["order", "ref"], name="one_milestone_per_ref"),
            models.UniqueConstraint(fields=["order", "place"], name="one_milestone_per_place"),
            Lifecycle.legal(MilestoneStatus, noun="milestone"),
        ]

    @property
    def trail(self) -> str:
        return str(self.order_id)

    @property
    def under_way(self) -> bool:
        return self.status in {self.Status.RELEASE_REQUESTED, self.Status.REFUND_REQUESTED}

    @property
    def given_back(self) -> str:
        """The state in which it is the parties' own again."""
        return self.Status.DELIVERED if self.delivered_at else self.Status.OPEN
