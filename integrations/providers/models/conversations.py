"""Every request that was made to a provider, and its answer."""

from django.db import models

from integrations.providers.models.accounts import ProviderAccount
from ledger.fields import Reference


class Call(models.Model):
    """One request to a provider and its answer, redacted."""

    provider = models.CharField(max_length=20)
    account = models.ForeignKey(ProviderAccount, models.PROTECT, null=True, related_name="calls")
    trail = Reference(db_index=True)
    request_id = Reference(db_index=True)  # of the request that set it going, if one did
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
