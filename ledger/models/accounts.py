"""Books and what moves in them: accounts, transfers, entries, and the seals of the hash chain."""

from django.db import models
from django.db.models import F, Q

from ledger.fields import Amount, PublicId, Reference
from ledger.tenancy import Owned


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
