"""Deposits: USDC that reached a wallet of ours from outside, and whose it turned out to be."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from integrations.marketplaces.models import User
from integrations.providers.models import ChainMovement
from ledger.fields import Amount, PublicId, Reference
from ledger.lifecycle import Lifecycle
from ledger.tenancy import Owned


class DepositStatus(models.TextChoices):
    RECEIVED = "RECEIVED"
    CREDITED = "CREDITED"
    UNATTRIBUTED = "UNATTRIBUTED"
    CLAIMED = "CLAIMED"


class Deposit(Lifecycle, Owned):
    Status = DepositStatus
    NOUN = "deposit"
    TRANSITIONS = {
        # It is here and the books refuse it: tried again until somebody has settled why.
        Status.RECEIVED: {Status.CREDITED, Status.UNATTRIBUTED},
        Status.CREDITED: set(),
        # Nobody knows whose it is; what becomes of it is the story of its arrival. It is a user's
        # deposit only if a user is found.
        Status.UNATTRIBUTED: {Status.CLAIMED},
        Status.CLAIMED: set(),
    }
    STANDS_AT_MOST = {Status.RECEIVED: timedelta(minutes=1)}
    CAUSED_BY = "cause"  # its transfers are named by the movement, not by our id
    TRANSFERS = {
        Status.CREDITED: [{"deposit"}],
        Status.UNATTRIBUTED: [{"deposit_unattributed"}],
        # What became of it is another transfer, whose cause is the arrival.
        Status.CLAIMED: [{"deposit_unattributed"}],
    }

    id = PublicId("dep")
    movement = models.OneToOneField(ChainMovement, models.PROTECT, related_name="deposit")
    cause = Reference()  # network, operation and change index
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="deposits")
    address = models.CharField(max_length=56, db_index=True)  # the wallet that it reached
    amount = Amount()
    tx_hash = models.CharField(max_length=64, db_index=True)
    approval = Reference()  # who claimed it
    failure_code = models.CharField(max_length=60, blank=True)  # why the books refuse it
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.RECEIVED)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="deposit_amount_is_positive"),
            models.UniqueConstraint(fields=["cause"], name="a_movement_is_deposited_once"),
            models.UniqueConstraint(
                fields=["book", "approval"],
                condition=~Q(approval=""),
                name="one_deposit_per_approval",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["CREDITED", "CLAIMED"]) | Q(user__isnull=False),
                name="a_credited_deposit_is_somebodys",
            ),
            models.CheckConstraint(
                condition=Q(status="CLAIMED") ^ Q(approval=""),
                name="whose_it_is_was_approved",
            ),
            Lifecycle.legal(DepositStatus, noun="deposit"),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(status="UNATTRIBUTED"),
                name="deposits_nobody_has_claimed",
            )
        ]

    @property
    def trail(self) -> str:
        return self.user_id or str(self.id)
