"""Every word that was exchanged with a provider."""

from django.db import models
from django.db.models import Q

from integrations.providers.models.accounts import ProviderAccount
from ledger.fields import Reference


class Call(models.Model):
    """One request to a provider and its answer, redacted."""

    provider = models.CharField(max_length=20)
    account = models.ForeignKey(ProviderAccount, models.PROTECT, null=True, related_name="calls")
    trail = Reference(db_index=True)
    method = models.CharField(max_length=8)
    path = models.TextField()
    status = models.IntegerField(null=True)
    milliseconds = models.IntegerField()
    request = models.TextField(blank=True)
    response = models.TextField(blank=True)
    failure = models.TextField(blank=True)
    happened_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


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
    received_at = models.DateTimeField(auto_now_add=True)
    absorbed_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    failure = models.TextField(blank=True)

    class Meta:
        verbose_name = "inbound message"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "message_id"],
                condition=Q(verdict="VALID"),
                name="a_message_counts_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["received_at"],
                condition=Q(verdict="VALID", absorbed_at=None),
                name="messages_to_absorb",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.message_id} {self.verdict}"
