"""The record: what moved (accounts, transfers, entries), what is set aside (holds, allocations),
what happened (events), and what does not add up (findings).

A book is one marketplace's set of accounts and the boundary between tenants. An account keeps
its balance as a projection of its entries; `ledger_post` alone writes both, under the account's
lock, so that versions have no gap and every entry remembers the balance after it. An account is
named by kind and subject and never points back at its owner: `owner` is a public id as text.
"""

from datetime import timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from .fields import Amount, PublicId, Reference
from .lifecycle import Lifecycle
from .tenancy import Owned


class Book(models.Model):
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Account(Owned):
    kind = models.CharField(max_length=20)  # a key of chart.CHART
    subject = Reference()  # whose: a user, an escrow, a treasury move, or a Stellar address
    owner = Reference()  # the user whose balance it counts to
    asset = models.CharField(max_length=12)
    normal = models.SmallIntegerField()  # 1 grows by debits, -1 by credits
    floor = Amount(null=True)
    balance = Amount(default=0)  # in its own normal sense
    version = models.BigIntegerField(default=0)  # of its last entry
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["book", "kind", "subject", "asset"], name="one_account_per_kind_and_subject"
            ),
            models.CheckConstraint(
                condition=Q(floor=None) | Q(balance__gte=F("floor")),
                name="balance_stays_above_its_floor",
            ),
        ]
        indexes = [models.Index(fields=["owner", "kind"], name="accounts_of_an_owner")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()


class Transfer(Owned):
    id = PublicId("trf")
    kind = models.CharField(max_length=40)
    cause = Reference()  # why it may happen once: a public id, or an operation on the chain
    trail = Reference(db_index=True)  # the order, top-up or withdrawal that it belongs to
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="reversed_by"
    )
    actor = Reference()
    request_id = Reference()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "kind", "cause"], name="one_transfer_per_cause")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cause}"


class Entry(models.Model):
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="entries")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    version = models.BigIntegerField()  # the account's, after this entry
    amount = Amount()  # a debit is positive, a credit negative
    balance_after = Amount()
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["account", "version"], name="one_entry_per_version"),
            models.CheckConstraint(condition=~Q(amount=0), name="entry_moves_something"),
        ]
        # What an account held at an instant is the last entry up to it.
        indexes = [
            models.Index(fields=["account", "recorded_at", "version"], name="entries_by_time")
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.amount}"


class Seal(Owned):
    """A transfer's place in its book's hash chain. Written by `ledger_seal_waiting` alone."""

    transfer = models.OneToOneField(
        Transfer, on_delete=models.PROTECT, primary_key=True, related_name="seal"
    )
    number = models.BigIntegerField()  # 1, 2, 3 … within the book
    previous = models.CharField(max_length=64)  # the hash before it; of the first one, zeros
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "number"], name="one_seal_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.transfer_id}"


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
    STANDS_AT_MOST = {Status.OPEN: timedelta(minutes=1)}  # past its end; see holds.expire_at
    TRANSFERS = {
        Status.OPEN: [{"reserve"}],
        Status.POSTED: [{"reserve"}, {"reserve", "rest"}, {"reserve", "instant"}],
        Status.VOIDED: [{"reserve", "void"}],
        Status.EXPIRED: [{"reserve", "expire"}],
    }

    id = PublicId("hld")
    user = Reference(db_index=True)
    purpose = Reference()  # the order
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


class Allocation(Owned):
    """A part of `wallet` or `airtm_float` that is promised to one operation under way."""

    id = PublicId("alc")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="allocations")
    operation = Reference()
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


class Event(Owned):
    """What happened: audit row, outbox, timeline and feed in one. Written by `events.record`."""

    id = PublicId("evt")
    sequence = models.BigIntegerField(null=True)  # given after commit, in order, without a gap
    type = models.CharField(max_length=60)
    resource_type = models.CharField(max_length=30)
    resource_id = Reference(db_index=True)
    trail = Reference(db_index=True)
    # The resource after the change, as the API shows it.
    payload = models.JSONField(encoder=DjangoJSONEncoder)
    previous = models.JSONField(encoder=DjangoJSONEncoder)  # the changed fields, before
    actor = Reference()
    reason = models.TextField(blank=True)
    request_id = Reference(db_index=True)
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "sequence"], name="one_event_per_sequence")
        ]
        indexes = [
            models.Index(
                fields=["book", "id"], condition=Q(sequence=None), name="events_not_yet_numbered"
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.resource_id}"


class Finding(Owned):
    """Something that does not add up: what was expected, what was seen, and the sum at stake."""

    id = PublicId("fnd")
    kind = models.CharField(max_length=60)
    subject = Reference(db_index=True)
    trail = Reference(db_index=True)
    expected = models.JSONField(default=dict)
    observed = models.JSONField(default=dict)
    amount = Amount(default=0)
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolution = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["book", "kind", "subject"],
                condition=Q(resolved_at=None),
                name="one_open_finding_per_kind_and_subject",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
