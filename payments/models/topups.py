"""Top-ups: Airtm is asked for a payment, and what it says has arrived is credited."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from integrations.marketplaces.models import User
from ledger.fields import Amount, PublicId, Reference
from ledger.lifecycle import ASKING, Lifecycle
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
        Status.CREATED: ASKING,
        Status.AWAITING_USER_CONFIRMATION: timedelta(seconds=60),
        Status.PROCESSING: timedelta(seconds=30),
        Status.CANCELING: ASKING,
    }
    OWED_WITHIN = {
        Status.CREATED: timedelta(hours=1),
        Status.AWAITING_USER_CONFIRMATION: timedelta(days=16),  # nobody can pay any more
        Status.PROCESSING: timedelta(days=1),
        Status.CANCELING: timedelta(hours=1),
    }
    # The kinds of transfer that the books hold of a top-up in each state; elsewhere none.
    # None at all, with a finding, where the fee ate everything.
    TRANSFERS = {Status.SUCCEEDED: [{"topup"}, {"topup_unattributed"}, set()]}
    PAYABLE_FOR = timedelta(days=15)  # Airtm's page is dead afterwards

    id = PublicId("topup")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="topups")
    amount = Amount()
    description = models.CharField(max_length=250, blank=True)
    return_url = models.URLField(blank=True)
    cancel_url = models.URLField(blank=True)
    metadata = models.JSONField(default=dict)
    asked_at = models.DateTimeField(null=True)  # since then Airtm may know of it
    expires_at = models.DateTimeField(null=True)  # from then on nobody can pay it
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
        indexes = [models.Index(Upper("payer_email"), name="topups_by_payer")]

    @property
    def under_way(self) -> bool:
        """Whether somebody owes us an answer that a caller may want to wait for."""
        return self.status in {self.Status.CREATED, self.Status.CANCELING}
