"""The pretended Trustless Work: its API keys, and the read model that its API answers from."""

from django.db import models

from integrations.simulators.models.stellar import Address


class SimulatedTrustlessWorkKey(models.Model):
    """An API key that the pretended Trustless Work accepts."""

    key = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"key {self.pk}"


class TrustlessWorkEscrow(models.Model):
    """What the read model believes about a contract; the chain knows better.

    `snapshot` is the contract's storage (base64 XDR) and `balance` its USDC in stroops, both as
    they stood when the read model last caught up.
    """

    contract_id = Address(primary_key=True)
    signer = Address()
    type = models.CharField(max_length=20)
    snapshot = models.TextField()
    balance = models.BigIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.contract_id


class TrustlessWorkBacklog(models.Model):
    """A contract that the read model will catch up with when its lag is over."""

    contract_id = Address()
    due_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.contract_id} at {self.due_at}"


class TrustlessWorkRequest(models.Model):
    """A request that counts for the rate limit of a key, while that limit is switched on."""

    key = models.ForeignKey(SimulatedTrustlessWorkKey, models.PROTECT)
    asked_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.key} at {self.asked_at}"
