"""Withdrawals: what a user asked to be paid, and where the paying stands."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from integrations.marketplaces.models import User
from integrations.providers.intents import MemoType
from ledger.fields import Amount, PublicId, Reference
from ledger.lifecycle import ASKING, Lifecycle
from ledger.tenancy import Owned

MEMO_TYPES = [(kind.value, kind.value) for kind in MemoType]


class WithdrawalStatus(models.TextChoices):
    CHECKING = "CHECKING"
    CREATED = "CREATED"
    COMMITTED = "COMMITTED"
    PENDING = "PENDING"
    PENDING_USER_ACTION = "PENDING_USER_ACTION"
    CANCELING = "CANCELING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    RETURNED = "RETURNED"


class Withdrawal(Lifecycle, Owned):
    Status = WithdrawalStatus

    class Rail(models.TextChoices):
        AIRTM = "AIRTM"
        STELLAR = "STELLAR"

    NOUN = "withdrawal"
    TRANSITIONS = {
        # The recipient is looked up; nothing is set aside.
        Status.CHECKING: {Status.CREATED, Status.FAILED},
        Status.CREATED: {Status.COMMITTED, Status.CANCELED},
        # The money is set aside and the provider is being asked.
        Status.COMMITTED: {
            Status.PENDING,
            Status.PENDING_USER_ACTION,
            Status.COMPLETED,
            Status.FAILED,
            Status.CANCELED,
        },
        Status.PENDING: {
            Status.PENDING_USER_ACTION,
            Status.COMPLETED,
            Status.FAILED,
            Status.CANCELED,
        },
        Status.PENDING_USER_ACTION: {
            Status.PENDING,
            Status.CANCELING,
            Status.COMPLETED,
            Status.FAILED,
            Status.CANCELED,
        },
        Status.CANCELING: {
            Status.CANCELED,
            Status.COMPLETED,
            Status.FAILED,
            Status.PENDING,
            Status.PENDING_USER_ACTION,
        },
        Status.COMPLETED: {Status.RETURNED},
        Status.FAILED: set(),
        Status.CANCELED: set(),
        Status.RETURNED: set(),
    }
    STANDS_AT_MOST = {
        Status.CHECKING: ASKING,
        Status.COMMITTED: ASKING,
        Status.PENDING: timedelta(seconds=30),
        Status.PENDING_USER_ACTION: timedelta(seconds=120),
        Status.CANCELING: ASKING,
    }
    OWED_WITHIN = {
        Status.CHECKING: timedelta(hours=1),
        Status.COMMITTED: timedelta(hours=1),
        Status.PENDING: timedelta(days=1),
        Status.PENDING_USER_ACTION: timedelta(days=91),  # Airtm gives up after 90
        Status.CANCELING: timedelta(hours=1),
    }
    NOT_OWED = Q(status=Status.COMMITTED, asked_at=None)  # for the treasury, or for an approval
    UNDER_WAY = (Status.COMMITTED, Status.PENDING, Status.PENDING_USER_ACTION, Status.CANCELING)
    _SET_ASIDE = {"withdrawal_committed"}
    _GIVEN_BACK = _SET_ASIDE | {"withdrawal_failed"}
    _UNASKED = {"withdrawal_paid_after_all"}  # somebody at Airtm has paid what was not committed
    _PAID_AFTER_ALL = _GIVEN_BACK | _UNASKED
    TRANSFERS = {
        Status.COMMITTED: [_SET_ASIDE],
        Status.PENDING: [_SET_ASIDE],
        Status.PENDING_USER_ACTION: [_SET_ASIDE],
        Status.CANCELING: [_SET_ASIDE],
        Status.COMPLETED: [_SET_ASIDE | {"withdrawal_completed"}],
        Status.RETURNED: [_SET_ASIDE | {"withdrawal_completed"}],
        # None, where the check failed, or what was not committed yet was taken back.
        Status.FAILED: [set(), _GIVEN_BACK, _PAID_AFTER_ALL, _UNASKED],
        Status.CANCELED: [set(), _GIVEN_BACK, _PAID_AFTER_ALL, _UNASKED],
    }

    BACKED_BY = ("paying_out", "user_id", UNDER_WAY)

    id = PublicId("wd")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="withdrawals")
    amount = Amount()
    rail = models.CharField(max_length=7, choices=Rail.choices)
    email = models.EmailField(blank=True)  # the recipient at Airtm
    address = models.CharField(max_length=320, blank=True)  # G…, M… or name*domain, as given
    resolved_address = models.CharField(max_length=69, blank=True)  # G… or M…: who is paid
    memo = models.CharField(max_length=64, blank=True)
    memo_type = models.CharField(max_length=4, choices=MEMO_TYPES, default=MemoType.TEXT)
    description = models.CharField(max_length=250, blank=True)
    metadata = models.JSONField(default=dict)
    committed_at = models.DateTimeField(null=True)  # since then it counts towards the day's limit
    asked_at = models.DateTimeField(null=True)  # since then the provider may know of it
    reference = Reference()  # the provider's id of the payout; on chain the payment's hash
    taken_in = Reference()  # the last submission whose end we have drawn the consequences of
    received = Amount(null=True)  # what reached the recipient
    fee = Amount(null=True)
    failure_code = models.CharField(max_length=60, blank=True)
    failure = models.TextField(blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.CHECKING)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="withdrawn_amount_is_positive"),
            models.CheckConstraint(
                condition=~Q(status__in=["COMPLETED", "RETURNED"]) | ~Q(reference=""),
                name="settled_withdrawal_has_a_reference",
            ),
            models.UniqueConstraint(
                fields=["book", "rail", "reference"],
                condition=~Q(reference=""),
                name="one_withdrawal_per_payout",
            ),
            models.CheckConstraint(
                condition=Q(rail="AIRTM", address="") | Q(rail="STELLAR", email=""),
                name="a_destination_belongs_to_its_rail",
            ),
            models.CheckConstraint(
                condition=~Q(rail="STELLAR", asked_at__isnull=False) | ~Q(resolved_address=""),
                name="whoever_is_paid_on_chain_has_an_address",
            ),
            Lifecycle.legal(WithdrawalStatus, noun="withdrawal"),
        ]
        indexes = [
            models.Index(Upper("email"), name="withdrawals_by_email"),
            models.Index(fields=["address"], name="withdrawals_by_address"),
            models.Index(fields=["resolved_address"], name="withdrawals_by_payee"),
        ]

    @property
    def under_way(self) -> bool:
        """PENDING_USER_ACTION waits for a person, so nobody waits for it over HTTP."""
        return self.status in {
            self.Status.CHECKING,
            self.Status.COMMITTED,
            self.Status.PENDING,
            self.Status.CANCELING,
        }
