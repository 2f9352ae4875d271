"""What we keep of the chain's feed: how far it was read, and every movement at our addresses."""

from django.db import models
from django.db.models import F, Q

from integrations.providers.ports import MovementKind
from ledger.fields import Amount, PublicId, Reference
from ledger.tenancy import Owned


class ChainCursor(models.Model):
    """How far one feed of one network was taken in; moved only together with what it passed."""

    network = models.CharField(max_length=20)
    scope = models.CharField(max_length=40)
    token = models.BigIntegerField()  # of the last record that was taken in
    moved_at = models.DateTimeField()
    began_at = models.DateTimeField()
    began_token = models.BigIntegerField()  # what lies before it was there before us
    failures = models.IntegerField(default=0)  # in a row
    failure = models.TextField(blank=True)  # why the last attempt came to nothing
    next_attempt_at = models.DateTimeField(null=True)  # after a failure
    # The newest ledger when nothing more came behind the token: all of them are taken in.
    caught_up_with = models.BigIntegerField(default=0)
    compared_at = models.DateTimeField(null=True)  # with the history that can be read

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "scope"], name="one_cursor_per_network_and_scope"
            ),
            models.CheckConstraint(
                condition=Q(failures=0) ^ ~Q(failure=""), name="a_failing_feed_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.scope}"


class Matter(models.TextChoices):
    """What a movement is to us, and so who takes it in."""

    SUBMISSION = "SUBMISSION"  # a transaction of ours: its own listener settles it
    CONTRACT = "CONTRACT"  # an escrow contract of ours pays, or is paid
    DEPOSIT = "DEPOSIT"  # USDC for a user
    UNATTRIBUTED = "UNATTRIBUTED"  # USDC, and nobody knows for whom
    FOREIGN = "FOREIGN"  # something else than our USDC came in
    OUTFLOW = "OUTFLOW"  # left a wallet of ours, and we did not send it
    CLAWBACK = "CLAWBACK"  # USDC that its issuer took out of a wallet of ours


class ChainMovement(Owned):
    """One movement seen on the chain, at one address of ours. Append-only.

    Network, operation and change index name a movement; it has one row per address of ours that it
    touches, so at most one coming in and one going out.
    """

    class Direction(models.TextChoices):
        IN = "IN"
        OUT = "OUT"

    class FoundBy(models.TextChoices):
        WATCH = "WATCH"
        REPLAY = "REPLAY"  # the watch had missed it

    NOUN = "chain_movement"
    Matter = Matter

    id = PublicId("mov")
    network = models.CharField(max_length=20)
    operation_id = models.BigIntegerField()
    change_index = models.IntegerField()
    direction = models.CharField(max_length=3, choices=Direction.choices)
    address = models.CharField(max_length=56)  # ours
    holder = Reference(db_index=True)  # the user whose wallet it is, if it is one's
    # Nobody where the issuer mints.
    counterparty = models.CharField(max_length=120, blank=True, db_index=True)
    amount = Amount()
    asset = models.CharField(max_length=120)  # `USDC` only where the issuer is ours as well
    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in MovementKind])
    matter = models.CharField(max_length=20, choices=Matter.choices)
    purpose = models.CharField(max_length=40, blank=True)  # of the submission
    tx_hash = models.CharField(max_length=64, db_index=True)  # the outer one of a fee bump
    inner_hash = models.CharField(max_length=64, db_index=True)
    memo = models.CharField(max_length=120, blank=True)
    muxed_id = models.CharField(max_length=120, blank=True)
    ledger = models.BigIntegerField()
    closed_at = models.DateTimeField()
    found_by = models.CharField(max_length=6, choices=FoundBy.choices)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "operation_id", "change_index", "direction"],
                name="a_movement_is_taken_in_once",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0) | (Q(kind="MERGE") & Q(amount=0)),
                name="a_movement_moves_something",
            ),
            models.CheckConstraint(
                condition=~Q(matter__in=["DEPOSIT", "UNATTRIBUTED", "CLAWBACK"]) | Q(asset="USDC"),
                name="only_usdc_is_ever_credited",
            ),
            models.CheckConstraint(
                condition=~Q(matter="DEPOSIT") | (Q(direction="IN") & ~Q(holder="")),
                name="a_deposit_comes_in_to_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(matter="DEPOSIT") | ~Q(address=F("counterparty")),
                name="nobody_deposits_to_themselves",
            ),
        ]
        indexes = [models.Index(fields=["address", "id"], name="movements_of_an_address")]

    def __str__(self) -> str:
        return f"{self.direction} {self.cause}"

    @property
    def cause(self) -> str:
        """What a posting of it is called; the same for every reader of this network's feed."""
        return f"{self.network}:{self.operation_id}:{self.change_index}"

    @property
    def trail(self) -> str:
        return self.holder or str(self.id)
