"""Orders: a buyer, a seller and an amount; rate and fee bearer are copied when one is made."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q

from integrations.marketplaces.models import Bearer, User
from ledger.fields import Amount, PublicId
from ledger.lifecycle import Lifecycle
from ledger.tenancy import Owned


class OrderStatus(models.TextChoices):
    CREATED = "CREATED"
    FUNDS_RESERVED = "FUNDS_RESERVED"
    ESCROW_CREATING = "ESCROW_CREATING"
    ESCROW_CREATED = "ESCROW_CREATED"
    ESCROW_FUNDING = "ESCROW_FUNDING"
    IN_PROGRESS = "IN_PROGRESS"
    RELEASE_REQUESTED = "RELEASE_REQUESTED"
    REFUND_REQUESTED = "REFUND_REQUESTED"
    DISPUTED = "DISPUTED"
    CLOSED = "CLOSED"


class Party(models.TextChoices):
    """Who asks for an act."""

    BUYER = "BUYER"
    SELLER = "SELLER"
    PLATFORM = "PLATFORM"


class Order(Lifecycle, Owned):
    Status = OrderStatus

    class Outcome(models.TextChoices):
        RELEASED = "RELEASED"
        REFUNDED = "REFUNDED"
        SPLIT = "SPLIT"
        CANCELED = "CANCELED"
        PAID = "PAID"
        MIXED = "MIXED"

    class Settlement(models.TextChoices):
        ESCROW = "ESCROW"
        INSTANT = "INSTANT"

    NOUN = "order"
    TRANSITIONS = {
        Status.CREATED: {Status.FUNDS_RESERVED, Status.CLOSED},
        Status.FUNDS_RESERVED: {Status.ESCROW_CREATING, Status.CLOSED},
        # The contract is being deployed; refused for certain leads back.
        Status.ESCROW_CREATING: {Status.ESCROW_CREATED, Status.FUNDS_RESERVED},
        Status.ESCROW_CREATED: {Status.ESCROW_FUNDING, Status.CLOSED},
        # The money is on its way into the contract; refused for certain leads back, hold kept.
        Status.ESCROW_FUNDING: {Status.IN_PROGRESS, Status.ESCROW_CREATED},
        Status.IN_PROGRESS: {
            Status.RELEASE_REQUESTED,
            Status.REFUND_REQUESTED,
            Status.DISPUTED,
            Status.CLOSED,
        },
        Status.RELEASE_REQUESTED: {Status.CLOSED, Status.IN_PROGRESS, Status.DISPUTED},
        Status.REFUND_REQUESTED: {Status.CLOSED, Status.IN_PROGRESS, Status.DISPUTED},
        Status.DISPUTED: {Status.CLOSED, Status.IN_PROGRESS},
        Status.CLOSED: set(),
    }
    # Past the end of its auto-release clock, in case that the wake-up is lost.
    STANDS_AT_MOST = {Status.IN_PROGRESS: timedelta(minutes=1)}
    ENDS_AT = {Status.IN_PROGRESS: "auto_release_at"}
    ASKING = {
        Status.ESCROW_CREATING,
        Status.ESCROW_FUNDING,
        Status.RELEASE_REQUESTED,
        Status.REFUND_REQUESTED,
    }

    # In memory only, in the act that reserves: until when. Nothing else is beside the order then.
    reserved_until: datetime | None = None

    id = PublicId("ord")
    buyer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="orders_bought")
    seller = models.ForeignKey(User, on_delete=models.PROTECT, related_name="orders_sold")
    amount = Amount()
    currency = models.CharField(max_length=3)
    title = models.CharField(max_length=100)  # what a contract takes
    description = models.CharField(max_length=500, blank=True)
    client_order_ref = models.CharField(max_length=255, null=True)  # noqa: DJ001 – unique if any
    settlement = models.CharField(max_length=7, choices=Settlement.choices)
    platform_fee_bps = models.IntegerField()
    refund_fee_bearer = models.CharField(max_length=8, choices=Bearer.choices)
    has_milestones = models.BooleanField(default=False)  # from the beginning, and for ever
    metadata = models.JSONField(default=dict)
    # The buyer asked for everything up to IN_PROGRESS at once; ends with that or with a refusal.
    in_checkout = models.BooleanField(default=False)
    auto_release_after_hours = models.IntegerField(null=True)
    auto_release_from = models.DateTimeField(null=True)  # when the clock began
    auto_release_at = models.DateTimeField(null=True)  # while the clock runs
    delivered_at = models.DateTimeField(null=True)
    evidence = models.TextField(blank=True)
    requested_by = models.CharField(max_length=8, choices=Party.choices, blank=True)
    failure_code = models.CharField(max_length=60, blank=True)  # of the last act that was refused
    failure = models.TextField(blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.CREATED)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="order_amount_is_positive"),
            models.CheckConstraint(condition=~Q(buyer=F("seller")), name="buyer_is_not_seller"),
            models.CheckConstraint(
                condition=Q(status="CLOSED") ^ Q(outcome=""), name="closed_order_has_an_outcome"
            ),
            models.CheckConstraint(
                condition=Q(auto_release_after_hours=None) | Q(auto_release_after_hours__gt=0),
                name="auto_release_takes_time",
            ),
            models.UniqueConstraint(
                fields=["book", "client_order_ref"], name="one_order_per_client_order_ref"
            ),
            Lifecycle.legal(OrderStatus, noun="order"),
        ]

    @property
    def is_bare(self) -> bool:
        """Known to have no milestones, escrow or dispute: an escrow begins after the reservation,
        and nothing leads back to CREATED.
        """
        is_reserved_now = self.status == self.Status.FUNDS_RESERVED and self.reserved_until
        is_new = self.status == self.Status.CREATED
        return not self.has_milestones and bool(is_new or is_reserved_now)

    @property
    def under_way(self) -> bool:
        return self.in_checkout or self.status in self.ASKING

    @property
    def given_back(self) -> str:
        """The state in which it is the parties' own again."""
        return self.Status.IN_PROGRESS
