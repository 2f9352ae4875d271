"""Arrivals: money that is here while nobody knows whose it is, each until somebody does."""

from django.db import models
from django.db.models import Q

from ledger.fields import Amount, PublicId, Reference
from ledger.lifecycle import Lifecycle
from ledger.models.accounts import Transfer
from ledger.tenancy import Owned


class ArrivalStatus(models.TextChoices):
    UNCLAIMED = "UNCLAIMED"
    GOING_BACK = "GOING_BACK"
    CLAIMED = "CLAIMED"
    SENT_BACK = "SENT_BACK"
    CAPITAL = "CAPITAL"
    RECOGNISED = "RECOGNISED"
    REVERSED = "REVERSED"


class Arrival(Lifecycle, Owned):
    """One transfer that credited `unattributed`, whatever its kind; the database writes the row
    with the entry, so that none is without one.
    """

    Status = ArrivalStatus
    NOUN = "arrival"
    TRANSITIONS = {
        # It waits for an operator.
        Status.UNCLAIMED: {
            Status.CLAIMED,
            Status.GOING_BACK,
            Status.CAPITAL,
            Status.RECOGNISED,
            Status.REVERSED,
        },
        # A payment to whoever sent it is on its way (a treasury move).
        Status.GOING_BACK: {Status.SENT_BACK, Status.UNCLAIMED},
        Status.CLAIMED: set(),  # it was a user's
        Status.SENT_BACK: set(),
        Status.CAPITAL: set(),  # it was the platform's own
        Status.RECOGNISED: set(),  # it was a treasury move's, come back or come through
        Status.REVERSED: set(),  # the transfer was taken back
    }
    # Its end is caused by the arrival itself, so that the books take no second one of a kind.
    TRANSFERS = {
        Status.CLAIMED: [{"unattributed_claimed"}],
        Status.SENT_BACK: [{"unattributed_sent_back"}],
        Status.CAPITAL: [{"capital"}],
    }
    UNATTRIBUTED = (Status.UNCLAIMED, Status.GOING_BACK)

    id = PublicId("arr")
    transfer = models.OneToOneField(Transfer, models.PROTECT, related_name="arrival")
    kind = models.CharField(max_length=60)  # of the transfer: how it came
    cause = Reference(db_index=True)  # of the transfer
    amount = Amount()
    approval = Reference()  # who said what becomes of it
    holder = Reference(db_index=True)  # the user whose it was
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.UNCLAIMED)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="arrived_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(status="CLAIMED") ^ Q(holder=""), name="a_claimed_arrival_is_somebodys"
            ),
            Lifecycle.legal(ArrivalStatus, noun="arrival"),
        ]
