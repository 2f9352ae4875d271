"""The simulated Airtm: enterprises, people, payments between them, and the messages about these.

Amounts are dollars with two decimals, as Airtm counts. Money is debited from an enterprise when a
payout is committed, waits in `pending` while the recipient has to act, and comes back when the
payout ends without delivery.
"""

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import Q


def dollars(**options: object) -> models.DecimalField:
    """A column of dollars and cents."""
    return models.DecimalField(max_digits=14, decimal_places=2, **options)


class AirtmEnterprise(models.Model):
    """An account of a company: its credentials, its money, and where its messages go."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=120)
    api_key = models.CharField(max_length=120, unique=True)
    api_secret = models.CharField(max_length=200)
    available = dollars(default=0)
    pending = dollars(default=0)
    fee_flat = dollars(default=0)
    fee_bps = models.IntegerField(default=0)
    webhook_url = models.CharField(max_length=500, blank=True)
    webhook_secret = models.CharField(max_length=200, blank=True)
    cancel_pending_payouts_after_days = models.IntegerField(default=90)
    payout_require_id_verification = models.BooleanField(default=False)
    second = models.BigIntegerField(default=0)  # of the clock on the wall, for the rate limit
    calls = models.IntegerField(default=0)  # within that second

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(available__gte=0, pending__gte=0),
                name="airtm_balance_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(fee_flat__gte=0, fee_bps__gte=0, fee_bps__lte=10_000),
                name="airtm_fee_is_a_fee",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AirtmPerson(models.Model):
    """Somebody with an Airtm account."""

    class Standing(models.TextChoices):
        ACTIVE = "ACTIVE"
        INACTIVE = "INACTIVE"
        BANNED = "BANNED"
        RESTRICTED = "RESTRICTED"  # lives where Airtm may not pay

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.CharField(max_length=254, unique=True)  # lower case
    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)
    country = models.CharField(max_length=3)
    standing = models.CharField(max_length=10, choices=Standing.choices, default=Standing.ACTIVE)
    is_verified = models.BooleanField(default=True)
    receives_at_once = models.BooleanField(default=True)  # else a payout waits to be completed
    balance = dollars(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(balance__gte=0), name="airtm_person_does_not_overdraw"
            )
        ]

    def __str__(self) -> str:
        return self.email


class AirtmPayin(models.Model):
    """A request for payment that a person confirms or cancels on the hosted page."""

    class Status(models.TextChoices):
        CREATED = "CREATED"
        PROCESSING = "PROCESSING"
        CONFIRMED = "CONFIRMED"
        CANCELED = "CANCELED"
        FAILED = "FAILED"
        BRIDGE_FAILED = "BRIDGE_FAILED"
        BRIDGE_CANCELED = "BRIDGE_CANCELED"

    number = models.BigAutoField(primary_key=True)
    id = models.UUIDField(unique=True, default=uuid.uuid4)
    enterprise = models.ForeignKey(AirtmEnterprise, on_delete=models.PROTECT, related_name="payins")
    code = models.CharField(max_length=200)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.CREATED)
    amount = dollars()
    airtm_fee = dollars(default=0)
    description = models.CharField(max_length=250)
    items = models.JSONField()  # amounts and quantities as text
    confirmation_uri = models.TextField()
    cancel_uri = models.TextField()
    payer = models.ForeignKey(
        AirtmPerson, on_delete=models.PROTECT, null=True, related_name="payins"
    )
    failure_reason = models.CharField(max_length=200, blank=True)
    is_double = models.BooleanField(default=False)  # sabotage: Airtm has taken a payment twice
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "code"],
                condition=Q(is_double=False),
                name="one_airtm_payin_per_code",
            ),
            models.CheckConstraint(
                condition=~Q(status="CONFIRMED") | Q(payer__isnull=False),
                name="confirmed_airtm_payin_has_a_payer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.status}"


class AirtmPayout(models.Model):
    """A payment of an enterprise to an e-mail address."""

    class Status(models.TextChoices):
        CREATED = "CREATED"
        COMMITTED = "COMMITTED"
        PENDING = "PENDING"
        COMPLETED = "COMPLETED"
        CANCELED = "CANCELED"
        FAILED = "FAILED"
        ERROR = "ERROR"
        # What the others mean, Airtm does not say.
        CANCEL_REQUESTED = "CANCEL_REQUESTED"
        PROCESSING = "PROCESSING"
        PENDING_USER_ACTION = "PENDING_USER_ACTION"
        PENDING_SIGNATURE = "PENDING_SIGNATURE"
        SIGNED = "SIGNED"
        BRIDGE_CREATED = "BRIDGE_CREATED"
        BRIDGE_COMPLETED = "BRIDGE_COMPLETED"
        BRIDGE_FAILED = "BRIDGE_FAILED"
        BRIDGE_MAX_RETRIES_REACHED = "BRIDGE_MAX_RETRIES_REACHED"
        BRIDGE_USER_SIGNUP_PENDING = "BRIDGE_USER_SIGNUP_PENDING"
        COSMOEM_COMPLETED = "COSMOEM_COMPLETED"

    number = models.BigAutoField(primary_key=True)
    id = models.UUIDField(unique=True, default=uuid.uuid4)
    enterprise = models.ForeignKey(
        AirtmEnterprise, on_delete=models.PROTECT, related_name="payouts"
    )
    code = models.CharField(max_length=200, null=True)  # noqa: DJ001 – Airtm lets it be absent
    status = models.CharField(max_length=40, choices=Status.choices, default=Status.CREATED)
    recipient_email = models.CharField(max_length=254)
    recipient_id = models.UUIDField()  # Airtm gives one to an unknown address as well
    gross_amount = dollars()
    enterprise_fee = dollars(default=0)
    airtm_fee = dollars(default=0)
    notes = models.TextField()
    internal_note = models.TextField(blank=True)
    require_id_verified = models.BooleanField(default=False)
    reason_code = models.CharField(max_length=20, blank=True)
    reason_description = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enterprise", "code"], name="one_airtm_payout_per_code")
        ]

    def __str__(self) -> str:
        return f"{self.code or self.id} {self.status}"

    @property
    def amount(self) -> Decimal:
        """What the enterprise is debited."""
        return self.gross_amount - self.enterprise_fee


class AirtmDeposit(models.Model):
    """Money that came into an enterprise's balance, or left it, beside payins and payouts."""

    class Type(models.TextChoices):
        FUNDING = "funding"
        REFUNDED = "refunded"  # a payout that had been completed came back
        TRANSFER = "transfer"
        WITHDRAWAL = "withdrawal"

    number = models.BigAutoField(primary_key=True)
    id = models.UUIDField(unique=True, default=uuid.uuid4)
    enterprise = models.ForeignKey(
        AirtmEnterprise, on_delete=models.PROTECT, related_name="deposits"
    )
    type = models.CharField(max_length=10, choices=Type.choices)
    name = models.CharField(max_length=120)
    amount = dollars()
    available = dollars()  # the balance after it
    refunded_payout = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.type} {self.amount}"


class AirtmTransition(models.Model):
    """One step of a payin or payout, with the enterprise's balance after it."""

    number = models.BigAutoField(primary_key=True)
    id = models.UUIDField(unique=True, default=uuid.uuid4)
    enterprise = models.ForeignKey(AirtmEnterprise, on_delete=models.PROTECT, related_name="+")
    operation_id = models.UUIDField(db_index=True)
    operation_type = models.CharField(max_length=10)
    previous_status = models.CharField(max_length=40)
    new_status = models.CharField(max_length=40)
    available = dollars()
    pending = dollars()
    happened_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.previous_status} → {self.new_status}"


class AirtmMessage(models.Model):
    """A webhook on its way: the same id at every attempt, until it is answered with 2xx."""

    number = models.BigAutoField(primary_key=True)
    id = models.CharField(max_length=60, unique=True)  # the `svix-id`
    enterprise = models.ForeignKey(
        AirtmEnterprise, on_delete=models.PROTECT, related_name="messages"
    )
    type = models.CharField(max_length=40)
    body = models.TextField()
    attempts = models.IntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)  # none: delivered, or given up
    delivered_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="airtm_messages_to_send",
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
