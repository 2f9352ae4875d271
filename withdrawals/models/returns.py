"""Returns: completed payouts that the provider gave back, each by the deposit that brought it."""

from django.db import models
from django.db.models import Q

from ledger.fields import Amount, Reference
from ledger.tenancy import Owned
from withdrawals.models.withdrawals import Withdrawal


class PayoutReturn(Owned):
    """Written down when it is first seen, settled in the transaction that credits somebody."""

    class Outcome(models.TextChoices):
        CREDITED = "CREDITED"  # to the user of the withdrawal, which is RETURNED
        UNATTRIBUTED = "UNATTRIBUTED"  # with a finding
        NOTHING_OWED = "NOTHING_OWED"  # the user had the money back already, and we lost none

    deposit = Reference()  # the provider's id of what came in
    payout = Reference()  # the provider's id of the payout that it names, if it names one
    amount = Amount()
    deposited_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    withdrawal = models.ForeignKey(
        Withdrawal, on_delete=models.PROTECT, null=True, related_name="returns"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "deposit"], name="one_return_per_deposit"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="returned_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(settled_at=None, outcome="")
                | (Q(settled_at__isnull=False) & ~Q(outcome="")),
                name="settled_return_has_an_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="CREDITED") | Q(withdrawal__isnull=False),
                name="credited_return_names_its_withdrawal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deposit} {self.outcome or 'seen'}"
