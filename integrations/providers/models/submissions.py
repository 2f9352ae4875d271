"""What was signed, and what was handed to the chain."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from integrations.providers.models.wallets import Wallet
from integrations.providers.ports import Fault
from ledger.fields import PublicId, Reference
from ledger.lifecycle import Lifecycle
from ledger.tenancy import Owned


class SubmissionStatus(models.TextChoices):
    SIGNED = "SIGNED"
    SENT = "SENT"
    CONFIRMED = "CONFIRMED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


FAULTS = [(fault.value, fault.value) for fault in Fault]


class Submission(Lifecycle, Owned):
    """One signed transaction: its envelope and hash are stored before anybody else sees it."""

    Status = SubmissionStatus
    NOUN = "submission"
    TRANSITIONS = {
        Status.SIGNED: {Status.SENT},  # committed; may or may not have been handed in
        # Handed in at least once: only the hash on the chain, or proof of its death, ends this.
        Status.SENT: {Status.CONFIRMED, Status.FAILED, Status.REJECTED, Status.EXPIRED},
        Status.CONFIRMED: set(),
        Status.FAILED: set(),  # included, without effect: sequence and fee are spent
        Status.REJECTED: set(),  # refused for certain, and it can no longer be included
        Status.EXPIRED: set(),  # not on the chain, and a ledger past its time bound has closed
    }
    STANDS_AT_MOST = {Status.SIGNED: timedelta(seconds=5), Status.SENT: timedelta(seconds=5)}
    UNDER_WAY = (Status.SIGNED, Status.SENT)

    id = PublicId("sub")
    purpose = models.CharField(max_length=40)  # `escrow.fund`: what it is for, and whose it is
    subject = Reference(db_index=True)  # the operation that it serves
    order = Reference(db_index=True)  # the trail: whose step it is
    source = models.CharField(max_length=56, db_index=True)  # the account whose sequence it uses
    sequence = models.BigIntegerField()
    inner_hash = models.CharField(max_length=64, unique=True)
    outer_hash = models.CharField(max_length=64)  # of the bid that was applied, or the newest one
    envelope_xdr = models.TextField()  # signed, and never changed: what the bids wrap
    max_time = models.DateTimeField()
    contract_id = models.CharField(max_length=56, blank=True)  # of a deployment, computed by us
    attempts = models.IntegerField(default=0)
    result_code = models.CharField(max_length=120, blank=True)  # in the network's words
    fault = models.CharField(max_length=24, blank=True, choices=FAULTS)  # in ours
    fee_charged = models.BigIntegerField(default=0)  # stroops of XLM
    ledger = models.BigIntegerField(null=True, db_index=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.SIGNED)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(status__in=["SIGNED", "SENT"]),
                name="one_transaction_in_flight_per_account",
            ),
            models.UniqueConstraint(
                fields=["subject"],
                condition=Q(status__in=["SIGNED", "SENT"]),
                name="one_transaction_in_flight_per_subject",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["CONFIRMED", "FAILED"]) | Q(ledger__isnull=False),
                name="a_closed_transaction_has_a_ledger",
            ),
            Lifecycle.legal(SubmissionStatus, noun="submission"),
        ]

    @property
    def trail(self) -> str:
        return str(self.order or self.subject)


class Bid(Owned):
    """One fee bump around the unchanged transaction of a submission; at most one of them is ever
    applied. Stored before it is handed in, and append-only: whichever applies is known as ours.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="bids")
    outer_hash = models.CharField(max_length=64, unique=True)
    envelope_xdr = models.TextField()
    rate = models.BigIntegerField()  # stroops of XLM that an operation may cost
    fee = models.BigIntegerField()  # stroops of XLM that it may cost altogether
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rate__gt=0, fee__gt=0), name="a_bid_offers_a_fee")
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} {self.fee}"


class Signing(Owned):
    """One use of a key: which intent, which hash, and what the guard had found. Append-only."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="signings")
    intent = models.JSONField()
    tx_hash = models.CharField(max_length=64, blank=True, db_index=True)
    verdict = models.TextField()  # `signed`, or why the guard refused
    signed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.wallet_id}: {self.verdict}"
