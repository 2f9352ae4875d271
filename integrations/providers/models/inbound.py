"""The inbox's table: what providers have told us, and what became of it."""

from django.db import models
from django.db.models import Q

from integrations.providers.models.accounts import ProviderAccount
from ledger.fields import Reference


class Inbound(models.Model):
    """A message that a provider sent us, raw, kept before it is believed."""

    class Verdict(models.TextChoices):
        VALID = "VALID"
        FORGED = "FORGED"

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="inbound")
    message_id = models.CharField(max_length=200)
    headers = models.JSONField()
    body = models.BinaryField()
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reason = models.CharField(max_length=120, blank=True)  # why it was not believed
    type = models.CharField(max_length=60, blank=True)  # the provider's word for what happened
    subject = Reference(db_index=True)  # our id of what it is about, where it names one
    received_at = models.DateTimeField(auto_now_add=True)
    absorbed_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)  # with a finding; an operator may try it again
    attempts = models.IntegerField(default=0)
    failure = models.TextField(blank=True)

    class Meta:
        verbose_name = "inbound message"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "message_id"],
                condition=Q(verdict="VALID"),
                name="a_message_counts_once",
            ),
            models.CheckConstraint(
                condition=Q(absorbed_at=None) | Q(given_up_at=None), name="absorbed_or_given_up"
            ),
        ]
        indexes = [
            models.Index(
                fields=["received_at"],
                condition=Q(verdict="VALID", absorbed_at=None, given_up_at=None),
                name="messages_to_absorb",
            ),
            models.Index(
                fields=["given_up_at"],
                condition=Q(given_up_at__isnull=False),
                name="messages_given_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.message_id} {self.verdict}"
