"""Cases: what does not add up, what was said about it, and what two people must agree on."""

from datetime import timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from ledger.fields import Amount, PublicId, Reference
from ledger.lifecycle import Lifecycle
from ledger.tenancy import Owned


class Proposal(models.TextChoices):
    """What would settle a finding, as whoever found it sees it; an operator decides."""

    POST_MISSING = "POST_MISSING", "Ask the provider, and post the missing outcome"
    ADJUST = "ADJUST", "Adjust an account; it takes two people"
    WAIT = "WAIT", "Wait: it is under way"
    IGNORE = "IGNORE", "Nothing is owed: ignore it, with a reason"


class Finding(Owned):
    """Something that does not add up: what was expected, what was seen, and the sum at stake."""

    NOUN = "finding"

    id = PublicId("fnd")
    kind = models.CharField(max_length=60)
    subject = Reference(db_index=True)
    trail = Reference(db_index=True)
    expected = models.JSONField(default=dict)
    observed = models.JSONField(default=dict)
    amount = Amount(default=0)
    proposal = models.CharField(max_length=12, choices=Proposal.choices, blank=True)
    correction = models.JSONField(default=dict)  # account kind and subject, stroops to debit
    owner = Reference(db_index=True)  # the operator who looks after it
    waits_until = models.DateTimeField(null=True)  # an operator has said: not before then
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = Reference()
    resolution = models.TextField(blank=True)
    ignored = models.BooleanField(default=False)  # the same facts are not found again

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ignored=False) | Q(resolved_at__isnull=False) & ~Q(resolved_by=""),
                name="somebody_has_ignored_it",
            ),
            models.UniqueConstraint(
                fields=["book", "kind", "subject"],
                condition=Q(resolved_at=None),
                name="one_open_finding_per_kind_and_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Comment(Owned):
    """What an operator wrote about a case. Append-only."""

    subject = Reference(db_index=True)
    author = Reference()
    body = models.TextField()
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(body=""), name="a_comment_says_something")
        ]

    def __str__(self) -> str:
        return f"{self.author} on {self.subject}"


class ApprovalStatus(models.TextChoices):
    REQUESTED = "REQUESTED"
    GRANTED = "GRANTED"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"


class Approval(Lifecycle, Owned):
    """An act that one operator asked for and another must agree to before it is done."""

    Status = ApprovalStatus
    NOUN = "approval"
    TRANSITIONS = {
        Status.REQUESTED: {Status.GRANTED, Status.REFUSED, Status.EXPIRED},
        Status.GRANTED: set(),  # and done, in the same transaction
        Status.REFUSED: set(),
        Status.EXPIRED: set(),
    }
    STANDS_AT_MOST = {Status.REQUESTED: timedelta(hours=72)}

    id = PublicId("apr")
    act = models.CharField(max_length=60)
    subject = Reference(db_index=True)  # the record that it is about
    about = Reference()  # the trail of that record
    answers = models.JSONField(encoder=DjangoJSONEncoder)
    amount = Amount(default=0)  # the sum at stake
    reason = models.TextField()
    requested_by = Reference()
    decided_by = Reference()
    decision = models.TextField(blank=True)  # why it was agreed to or refused
    expires_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REQUESTED)

    class Meta:
        permissions = [
            ("settle", "May settle findings and disputes"),
            ("move_money", "May ask for acts that move money"),
            ("agree", "May agree to what somebody else has asked for"),
            ("administer", "May change keys, settings and marketplaces"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="who_asks_says_why"),
            models.CheckConstraint(
                condition=~Q(status__in=["GRANTED"])
                | (~Q(decided_by="") & ~Q(decided_by=F("requested_by"))),
                name="two_people_decide",
            ),
            models.UniqueConstraint(
                fields=["book", "act", "subject"],
                condition=Q(status="REQUESTED"),
                name="asked_for_once_at_a_time",
            ),
            Lifecycle.legal(ApprovalStatus, noun="approval"),
        ]

    @property
    def trail(self) -> str:
        return str(self.about or self.subject)
