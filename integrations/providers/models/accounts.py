"""Our own accounts at the providers, one per provider and book."""

from django.db import models

from integrations.providers.models.sealing import SealedWith
from ledger.fields import PublicId
from ledger.tenancy import Owned


class ProviderAccount(Owned):
    """Our account at a provider: its credentials, sealed with the wallet keyring."""

    class Provider(models.TextChoices):
        AIRTM = "airtm"
        TRUSTLESS_WORK = "trustlesswork"

    id = PublicId("pac")
    provider = models.CharField(max_length=20, choices=Provider.choices)
    sealed = models.BinaryField()  # a JSON object: api_key, api_secret, webhook_secrets
    key_id = SealedWith("sealed")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["book", "provider"], name="one_account_per_provider_and_book"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.id}"
