"""Stellar accounts whose keys we keep, and who each chain address is to us."""

from django.db import models
from django.db.models import Q

from integrations.providers.models.sealing import SealedWith
from ledger.fields import Amount, PublicId, Reference, index_of_frozen
from ledger.lifecycle import ASKING, Lifecycle
from ledger.tenancy import Owned


class WalletStatus(models.TextChoices):
    CREATING = "CREATING"
    READY = "READY"


class Wallet(Lifecycle, Owned):
    """A Stellar account whose key we keep: a user's, or one of the platform's."""

    Status = WalletStatus

    class Role(models.TextChoices):
        USER = "USER"
        TREASURY = "TREASURY"
        FEES = "FEES"
        RESOLVER = "RESOLVER"

    NOUN = "wallet"
    TRANSITIONS = {
        Status.CREATING: {Status.READY},  # until its trustline is seen; no address is shown before
        Status.READY: set(),
    }
    STANDS_AT_MOST = {Status.CREATING: ASKING}
    ANNOUNCED_AS = {Status.READY: "wallet.created"}

    id = PublicId("wal")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.USER)
    holder = Reference(db_index=True)  # the user's id; empty for the platform's own
    address = models.CharField(max_length=56, unique=True)
    sealed_key = models.BinaryField()
    key_id = SealedWith("sealed_key")
    frozen_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.CREATING)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["book", "holder"], condition=~Q(holder=""), name="one_wallet_per_user"
            ),
            models.CheckConstraint(
                condition=Q(role="USER") ^ Q(holder=""), name="a_user_wallet_has_a_holder"
            ),
            Lifecycle.legal(WalletStatus, noun="wallet"),
        ]
        indexes = [
            models.Index(fields=["key_id"], name="wallets_of_a_keyring_key"),
            index_of_frozen("frozen_wallets"),
        ]

    @property
    def trail(self) -> str:
        return self.holder or str(self.id)

    @property
    def under_way(self) -> bool:
        return self.status == self.Status.CREATING


class WalletCheck(Owned):
    """When a wallet was last compared with the chain, and the last ledger on which both agreed."""

    wallet = models.OneToOneField(Wallet, models.PROTECT, related_name="comparison")
    compared_at = models.DateTimeField(db_index=True)
    agreed_at = models.DateTimeField(null=True)
    ledger = models.BigIntegerField(default=0)  # in which its USDC had changed last
    balance = Amount(default=0)

    def __str__(self) -> str:
        return f"{self.wallet_id} {self.ledger}"


class Address(Owned):
    """Who a chain address is to us; decides which listener a transaction is for."""

    class Role(models.TextChoices):
        USER = "USER"
        TREASURY = "TREASURY"
        FEES = "FEES"
        RESOLVER = "RESOLVER"
        CONTRACT = "CONTRACT"

    address = models.CharField(max_length=56, primary_key=True)
    role = models.CharField(max_length=10, choices=Role.choices)
    subject = Reference(db_index=True)  # the wallet's or the escrow's public id

    class Meta:
        verbose_name_plural = "addresses"

    def __str__(self) -> str:
        return f"{self.role} {self.address}"
