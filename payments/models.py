"""Money in (top-ups), and what it is for (orders).

A top-up asks Airtm for a payment and is credited with what Airtm says has arrived. An order names
a buyer, a seller and an amount; its rate and fee bearer are copied when it is made, so that later
settings change nothing. The edges are those of `design/states.md`; what holds the money while an
order is under way is the escrow, one room up.
"""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from integrations.marketplaces.models import Bearer, User
from ledger.fields import Amount, PublicId, Reference
from ledger.lifecycle import Lifecycle
from ledger.tenancy import Owned


class TopUpStatus(models.TextChoices):
    CREATED = "CREATED"
    AWAITING_USER_CONFIRMATION = "AWAITING_USER_CONFIRMATION"
    PROCESSING = "PROCESSING"
    CANCELING = "CANCELING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


_ENDS = {TopUpStatus.SUCCEEDED, TopUpStatus.FAILED, TopUpStatus.CANCELED, TopUpStatus.EXPIRED}


class TopUp(Lifecycle, Owned):
    Status = TopUpStatus
    NOUN = "topup"
    TRANSITIONS = {
        # Airtm is asked for a payin; our id is its code.
        Status.CREATED: {Status.AWAITING_USER_CONFIRMATION, *_ENDS},
        Status.AWAITING_USER_CONFIRMATION: {Status.PROCESSING, Status.CANCELING, *_ENDS},
        Status.PROCESSING: _ENDS,
        # Airtm is asked to close the page; it may refuse, because the payer was faster.
        Status.CANCELING: {Status.AWAITING_USER_CONFIRMATION, *_ENDS},
        Status.SUCCEEDED: set(),
        # Paid is paid: a late success is credited, whatever we had thought.
        Status.FAILED: {Status.SUCCEEDED},
        Status.CANCELED: {Status.SUCCEEDED},
        Status.EXPIRED: {Status.SUCCEEDED},
    }
    STANDS_AT_MOST = {
        Status.CREATED: timedelta(seconds=10),
        Status.AWAITING_USER_CONFIRMATION: timedelta(seconds=60),
        Status.PROCESSING: timedelta(seconds=30),
        Status.CANCELING: timedelta(seconds=10),
    }
    # The kinds of transfer that the books hold of a top-up in each state; elsewhere none.
    # None at all, with a finding, where the fee ate everything.
    TRANSFERS = {Status.SUCCEEDED: [{"topup"}, {"topup_unattributed"}, set()]}

    id = PublicId("topup")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="topups")
    amount = Amount()
    description = models.CharField(max_length=250, blank=True)
    return_url = models.URLField(blank=True)
    cancel_url = models.URLField(blank=True)
    metadata = models.JSONField(default=dict)
    asked_at = models.DateTimeField(null=True)  # since then Airtm may know of it
    reference = Reference()  # Airtm's id of the payin
    confirmation_url = models.TextField(blank=True)
    payer_email = models.EmailField(blank=True)
    received = Amount(null=True)  # what reached our balance
    fee = Amount(null=True)  # what Airtm kept
    failure_code = models.CharField(max_length=60, blank=True)
    failure = models.TextField(blank=True)
    status = models.CharField(max_length=30, choices=Status.choices, default=Status.CREATED)

    class Meta:
        verbose_name = "top-up"
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="topup_amount_is_positive"),
            models.CheckConstraint(
                condition=~Q(status="SUCCEEDED") | Q(received__isnull=False),
                name="succeeded_topup_says_what_arrived",
            ),
            models.UniqueConstraint(
                fields=["book", "reference"],
                condition=~Q(reference=""),
                name="one_topup_per_payin",
            ),
            Lifecycle.legal(TopUpStatus, noun="topup"),
        ]

    @property
    def under_way(self) -> bool:
        """Whether somebody owes us an answer that a caller may want to wait for."""
        return self.status in {self.Status.CREATED, self.Status.CANCELING}


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
    ASKING = {
        Status.ESCROW_CREATING,
        Status.ESCROW_FUNDING,
        Status.RELEASE_REQUESTED,
        Status.REFUND_REQUESTED,
    }

    id = PublicId("ord")
    buyer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="orders_bought")
    seller = models.ForeignKey(User, on_delete=models.PROTECT, related_name="orders_sold")
    amount = Amount()
    currency = models.CharField(max_length=3)
    title = models.CharField(max_length=100)  # what a contract takes (B.9)
    description = models.CharField(max_length=500, blank=True)
    client_order_ref = models.CharField(max_length=255, null=True)  # noqa: DJ001 – unique if any
    settlement = models.CharField(max_length=7, choices=Settlement.choices)
    platform_fee_bps = models.IntegerField()
    refund_fee_bearer = models.CharField(max_length=8, choices=Bearer.choices)
    metadata = models.JSONField(default=dict)
    # The buyer asked for everything up to IN_PROGRESS at once; ends with that or with a refusal.
    in_checkout = models.BooleanField(default=False)
    delivered_at = models.DateTimeField(null=True)
    evidence = models.TextField(blank=True)
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
            models.UniqueConstraint(
                fields=["book", "client_order_ref"], name="one_order_per_client_order_ref"
            ),
            Lifecycle.legal(OrderStatus, noun="order"),
        ]

    @property
    def under_way(self) -> bool:
        return self.in_checkout or self.status in self.ASKING
