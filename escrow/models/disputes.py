"""Disputes: opened by a side, raised on the contract at once, and ended by a decision."""

from django.db import models
from django.db.models import F, Q

from ledger.fields import Amount, PublicId, Reference
from ledger.lifecycle import ASKING, Lifecycle
from ledger.tenancy import Owned
from payments.models import Milestone, Order, Party


class DisputeStatus(models.TextChoices):
    OPEN = "OPEN"
    UNDER_REVIEW = "UNDER_REVIEW"
    RESOLVING = "RESOLVING"
    RESOLVED = "RESOLVED"
    WITHDRAWN = "WITHDRAWN"


class Dispute(Lifecycle, Owned):
    Status = DisputeStatus

    class Reason(models.TextChoices):
        NOT_DELIVERED = "NOT_DELIVERED"
        QUALITY_ISSUE = "QUALITY_ISSUE"
        OTHER = "OTHER"

    class Decision(models.TextChoices):
        FULL_RELEASE = "FULL_RELEASE"
        FULL_REFUND = "FULL_REFUND"
        SPLIT = "SPLIT"

    NOUN = "dispute"
    TRANSITIONS = {
        Status.OPEN: {Status.UNDER_REVIEW, Status.WITHDRAWN, Status.RESOLVING},
        Status.UNDER_REVIEW: {Status.WITHDRAWN, Status.RESOLVING},
        # The resolver divides the money on the contract; refused for certain leads back.
        Status.RESOLVING: {Status.RESOLVED, Status.UNDER_REVIEW},
        Status.RESOLVED: set(),
        Status.WITHDRAWN: set(),
    }
    STANDS_AT_MOST = {Status.RESOLVING: ASKING}
    ENDED = (Status.RESOLVED, Status.WITHDRAWN)

    id = PublicId("dsp")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="disputes")
    milestone = models.ForeignKey(
        Milestone, on_delete=models.PROTECT, null=True, related_name="disputes"
    )
    amount = Amount()  # what it is about
    opened_by = models.CharField(max_length=8, choices=Party.choices)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    description = models.TextField(blank=True)
    assignee = models.CharField(max_length=120, blank=True)
    raised_at = models.DateTimeField(null=True)  # since then the contract is frozen as well
    decision = models.CharField(max_length=12, choices=Decision.choices, blank=True)
    release_amount = Amount(null=True)  # the seller's share, before fees
    refund_amount = Amount(null=True)  # the buyer's
    decision_note = models.TextField(blank=True)
    failure_code = models.CharField(max_length=60, blank=True)  # of the last refused step
    failure = models.TextField(blank=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.OPEN)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="disputed_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(opened_by__in=["BUYER", "SELLER"]), name="a_party_opens_a_dispute"
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(milestone=None) & ~Q(status__in=["RESOLVED", "WITHDRAWN"]),
                name="one_open_dispute_per_order",
            ),
            models.UniqueConstraint(
                fields=["milestone"],
                condition=~Q(status__in=["RESOLVED", "WITHDRAWN"]),
                name="one_open_dispute_per_milestone",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["RESOLVING", "RESOLVED"]) | ~Q(decision=""),
                name="resolved_dispute_has_a_decision",
            ),
            models.CheckConstraint(
                condition=Q(decision="")
                | Q(
                    release_amount__gte=0,
                    refund_amount__gte=0,
                    amount=F("release_amount") + F("refund_amount"),
                ),
                name="a_decision_adds_up",
            ),
            Lifecycle.legal(DisputeStatus, noun="dispute"),
        ]

    @property
    def trail(self) -> str:
        return str(self.order_id)

    @property
    def under_way(self) -> bool:
        """Whether the contract is yet to say what this row says."""
        is_open = self.status in {self.Status.OPEN, self.Status.UNDER_REVIEW}
        return self.status == self.Status.RESOLVING or (is_open and self.raised_at is None)


class Comment(Owned):
    """Something said about a dispute: to everybody, or among those who decide."""

    class Visibility(models.TextChoices):
        SHARED = "SHARED"
        INTERNAL = "INTERNAL"

    NOUN = "comment"

    id = PublicId("cmt")
    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="comments")
    author = Reference()
    body = models.TextField()
    visibility = models.CharField(max_length=8, choices=Visibility.choices)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.visibility} {self.body[:40]}"


class Evidence(Owned):
    """Where something can be looked at that speaks for a side."""

    NOUN = "evidence"

    id = PublicId("evd")
    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="evidence")
    author = Reference()
    url = models.URLField(max_length=500)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return str(self.url)
