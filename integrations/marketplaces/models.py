"""The systems that call us (marketplaces and their keys), and the people they bring.

A marketplace owns one book; its settings are columns, so that each is typed and checked. People
are called users; staff are operators and live in Django's own tables.
"""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from ledger.fields import Amount, PublicId, Reference, index_of_frozen
from ledger.models import Book
from ledger.tenancy import Owned


class Mode(models.TextChoices):
    TEST = "test"
    LIVE = "live"


class Scope(models.TextChoices):
    READ = "read"
    WRITE = "write"
    SUPPORT = "support"
    ADMIN = "admin"


class Bearer(models.TextChoices):
    PLATFORM = "PLATFORM"
    USER = "USER"


class Payer(models.TextChoices):
    CREDIT = "CREDIT"  # whoever pays, the user's top-up is paid
    HOLD = "HOLD"  # kept as unattributed until somebody has looked


def _limit() -> Amount:
    """A bound that can be left out."""
    return Amount(null=True, blank=True)


class Marketplace(models.Model):
    NOUN = "marketplace"

    id = PublicId("mkt")
    book = models.OneToOneField(Book, on_delete=models.PROTECT, related_name="marketplace")
    name = models.CharField(max_length=120)
    mode = models.CharField(max_length=4, choices=Mode.choices)
    platform_fee_bps = models.IntegerField(default=500)
    topup_fee_bearer = models.CharField(
        max_length=8, choices=Bearer.choices, default=Bearer.USER
    )  # Airtm's fee on a top-up
    refund_fee_bearer = models.CharField(
        max_length=8, choices=Bearer.choices, default=Bearer.PLATFORM
    )  # both contract fees, when the buyer gets the money back
    hold_hours = models.IntegerField(default=72)  # how long a reservation stands
    foreign_payer = models.CharField(
        max_length=6, choices=Payer.choices, default=Payer.CREDIT
    )  # of a top-up that somebody else's Airtm account has paid
    return_hosts = ArrayField(
        models.CharField(max_length=253), default=list, blank=True
    )  # where a browser may be sent after a payment
    # What one user may move at once, and within 24 hours; on both rails alike (`limits.py`).
    topup_least = _limit()
    topup_most = _limit()
    topup_most_per_day = _limit()
    withdrawal_least = _limit()
    withdrawal_most = _limit()
    withdrawal_most_per_day = _limit()
    payout_approval_above = _limit()  # a withdrawal of more waits until an operator agrees
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gt": 0}),
                    name=f"{name}_is_positive",
                )
                for name in (
                    "topup_least",
                    "topup_most",
                    "topup_most_per_day",
                    "withdrawal_least",
                    "withdrawal_most",
                    "withdrawal_most_per_day",
                    "payout_approval_above",
                )
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{what}_least__isnull": True})
                    | Q(**{f"{what}_most__isnull": True})
                    | Q(**{f"{what}_least__lte": F(f"{what}_most")}),
                    name=f"least_{what}_is_below_the_most",
                )
                for what in ("topup", "withdrawal")
            ),
            # The contract refuses more than 99 %.
            models.CheckConstraint(
                condition=Q(platform_fee_bps__gte=0, platform_fee_bps__lte=9900),
                name="platform_fee_is_at_most_99_percent",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def trail(self) -> str:
        return str(self.id)


class KeysOfABook(models.Manager[Any]):
    """Keys, for a view by the book of their marketplace."""

    def of(self, book: int) -> models.QuerySet[Any]:
        """The keys of one book's marketplace."""
        return self.filter(marketplace__book_id=book)


class ApiKey(models.Model):
    """A secret of a marketplace: only its keyed hash is kept."""

    NOUN = "api_key"

    id = PublicId("key")
    marketplace = models.ForeignKey(Marketplace, on_delete=models.PROTECT, related_name="keys")
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)  # its last characters, for people to tell keys apart
    mode = models.CharField(max_length=4, choices=Mode.choices)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices))
    networks = ArrayField(models.CharField(max_length=43), default=list)  # empty: from anywhere
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)  # to the minute

    objects: ClassVar[KeysOfABook] = KeysOfABook()

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values), name="scopes_are_known"
            ),
            models.CheckConstraint(condition=~Q(scopes=[]), name="a_key_has_a_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.name} …{self.hint}"

    @property
    def book_id(self) -> int:
        return int(self.marketplace.book_id)

    @property
    def trail(self) -> str:
        return str(self.id)


class User(Owned):
    """Somebody whose money we hold for a marketplace."""

    class Type(models.TextChoices):
        BUYER = "BUYER"
        SELLER = "SELLER"
        BOTH = "BOTH"

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE"
        SUSPENDED = "SUSPENDED"

    NOUN = "user"

    id = PublicId("usr")
    external_id = models.CharField(max_length=255)
    email = models.EmailField(blank=True)
    type = models.CharField(max_length=6, choices=Type.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    frozen_at = models.DateTimeField(null=True)
    metadata = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["book", "external_id"], name="one_user_per_external_id"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["ACTIVE", "SUSPENDED"]), name="user_status_is_legal"
            ),
        ]
        indexes = [
            models.Index(Upper("email"), name="users_by_email"),
            index_of_frozen("frozen_users"),
        ]

    def __str__(self) -> str:
        return str(self.external_id)

    @property
    def trail(self) -> str:
        return str(self.id)


class IdempotencyKey(models.Model):
    """One request and its answer, written in the very transaction of its effect."""

    marketplace = models.ForeignKey(Marketplace, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.IntegerField(null=True)
    answer = models.TextField(null=True)  # noqa: DJ001 – JSON as it was sent; null is no answer yet
    resource_id = Reference()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "key"], name="one_request_per_idempotency_key"
            )
        ]

    def __str__(self) -> str:
        return self.key


class AuditEntry(Owned):
    """Who did what, from where, and what it changed. Written by `audit.record`, never changed."""

    id = PublicId("aud")
    # Empty for what concerns no single marketplace: an operator's login.
    book = models.ForeignKey("ledger.Book", on_delete=models.PROTECT, null=True, related_name="+")
    actor = Reference(db_index=True)
    act = models.CharField(max_length=80)  # `POST orders/{order_id}/cancel`, `operator.login`
    subject = Reference(db_index=True)  # the public id of what was acted on
    request_id = Reference(db_index=True)
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)
    before = models.JSONField(encoder=DjangoJSONEncoder, default=dict)  # of the changed fields
    after = models.JSONField(encoder=DjangoJSONEncoder, default=dict)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["book", "id"], name="audit_of_a_book"),
            models.Index(fields=["act", "id"], name="audit_of_an_act"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.act}"


class Maintenance(models.Model):
    """The switch that pauses writes: one row, or none while everything goes on."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    message = models.CharField(max_length=300)
    until = models.DateTimeField(null=True)
    actor = Reference()
    since = models.DateTimeField()

    class Meta:
        verbose_name_plural = "maintenance"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="there_is_one_switch")]

    def __str__(self) -> str:
        return self.message
