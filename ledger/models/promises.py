"""What is set aside: a user's money for a purpose, and a place's money for an operation."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from ledger import lastly
from ledger.fields import Amount, PublicId, Reference
from ledger.lifecycle import Lifecycle
from ledger.models.accounts import Account
from ledger.tenancy import Owned


class HoldStatus(models.TextChoices):
    OPEN = "OPEN"
    POSTED = "POSTED"
    VOIDED = "VOIDED"
    EXPIRED = "EXPIRED"


class Hold(Lifecycle, Owned):
    """A user's money set aside for one purpose; `reserved` is the sum of the open ones."""

    Status = HoldStatus
    NOUN = "hold"
    TRANSITIONS = {
        Status.OPEN: {Status.POSTED, Status.VOIDED, Status.EXPIRED},
        Status.POSTED: set(),  # the money went where it was meant to go
        Status.VOIDED: set(),
        Status.EXPIRED: set(),
    }
    STANDS_AT_MOST = {Status.OPEN: timedelta(minutes=1)}  # past its end
    ENDS_AT = {Status.OPEN: "expires_at"}
    TRANSFERS = {
        Status.OPEN: [{"reserve"}],
        Status.POSTED: [{"reserve"}, {"reserve", "rest"}, {"reserve", "instant"}],
        Status.VOIDED: [{"reserve", "void"}],
        Status.EXPIRED: [{"reserve", "expire"}],
    }

    id = PublicId("hld")
    user = Reference(db_index=True)
    purpose = Reference(db_index=True)  # the order
    amount = Amount()
    posted = Amount(null=True)  # how much of it went where it was meant to go
    expires_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="held_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(status="POSTED", posted__gt=0, posted__lte=F("amount"))
                | (~Q(status="POSTED") & Q(posted=None)),
                name="a_posted_hold_says_how_much",
            ),
            models.UniqueConstraint(
                fields=["purpose"], condition=Q(status="OPEN"), name="one_open_hold_per_purpose"
            ),
            Lifecycle.legal(HoldStatus, noun="hold"),
        ]

    @property
    def trail(self) -> str:
        return str(self.purpose)

    def _insert(self) -> None:
        lastly.insert_along(self)  # with the posting that sets the money aside


class Allocation(Owned):
    """A part of `wallet` or `airtm_float` that is promised to one operation under way."""

    id = PublicId("alc")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="allocations")
    operation = Reference(db_index=True)
    amount = Amount()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="allocated_amount_is_positive"),
            models.UniqueConstraint(
                fields=["operation"],
                condition=Q(closed_at=None),
                name="one_open_allocation_per_operation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} for {self.operation}"
