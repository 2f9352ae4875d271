"""What we keep about the systems we call: our accounts there, the users' places there (links and
wallets), what we have handed to the chain, and every word that was exchanged.

A provider account and an address belong to exactly one book, so that every asset account of the
ledger mirrors exactly one real balance. A link and a wallet are keyed by book and holder, the
holder being the user's public id as text: people are known one room up. Calls, inbound messages
and signings are evidence and are only ever added.
"""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from integrations.providers.inbound import Inbound as Inbound  # noqa: PLC0414 – one of them
from ledger.fields import PublicId, Reference
from ledger.lifecycle import Lifecycle
from ledger.tenancy import Owned


class ProviderAccount(Owned):
    """Our account at a provider: its credentials, sealed with the wallet keyring."""

    class Provider(models.TextChoices):
        AIRTM = "airtm"
        TRUSTLESS_WORK = "trustlesswork"

    id = PublicId("pac")
    provider = models.CharField(max_length=20, choices=Provider.choices)
    sealed = models.BinaryField()  # a JSON object: api_key, api_secret, webhook_secrets
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["book", "provider"], name="one_account_per_provider_and_book"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.id}"


class AirtmLinkStatus(models.TextChoices):
    LINKING = "LINKING"
    LINKED = "LINKED"
    REFUSED = "REFUSED"


class AirtmLink(Lifecycle, Owned):
    """A user's Airtm account, known by its e-mail address."""

    Status = AirtmLinkStatus
    NOUN = "airtm_link"
    TRANSITIONS = {
        Status.LINKING: {Status.LINKED, Status.REFUSED},  # Airtm is asked who that is
        Status.LINKED: {Status.LINKING},
        Status.REFUSED: {Status.LINKING},  # another try, perhaps with another address
    }
    STANDS_AT_MOST = {Status.LINKING: timedelta(seconds=10)}
    ANNOUNCED_AS = {Status.LINKED: "user.airtm_linked"}

    id = PublicId("lnk")
    holder = Reference(db_index=True)
    email = models.EmailField()
    reference = Reference()  # Airtm's id of the person
    country = models.CharField(max_length=3, blank=True)
    is_verified = models.BooleanField(default=False)
    checked_at = models.DateTimeField(null=True)
    refusal_code = models.CharField(max_length=60, blank=True)
    refusal = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.LINKING)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "holder"], name="one_airtm_link_per_user"),
            models.UniqueConstraint(
                fields=["book", "reference"],
                condition=~Q(reference=""),
                name="one_user_per_airtm_account",
            ),
            models.CheckConstraint(
                condition=~Q(status="LINKED") | ~Q(reference=""),
                name="linked_means_airtm_knows_them",
            ),
            Lifecycle.legal(AirtmLinkStatus, noun="airtm_link"),
        ]

    @property
    def trail(self) -> str:
        return str(self.holder)

    @property
    def under_way(self) -> bool:
        return self.status == self.Status.LINKING


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
    STANDS_AT_MOST = {Status.CREATING: timedelta(seconds=10)}
    ANNOUNCED_AS = {Status.READY: "wallet.created"}

    id = PublicId("wal")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.USER)
    holder = Reference(db_index=True)  # the user's id; empty for the platform's own
    address = models.CharField(max_length=56, unique=True)
    sealed_key = models.BinaryField()
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

    @property
    def trail(self) -> str:
        return self.holder or str(self.id)


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
    subject = Reference()  # the wallet's or the escrow's public id

    class Meta:
        verbose_name_plural = "addresses"

    def __str__(self) -> str:
        return f"{self.role} {self.address}"


class SubmissionStatus(models.TextChoices):
    SIGNED = "SIGNED"
    SENT = "SENT"
    CONFIRMED = "CONFIRMED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


class Submission(Lifecycle, Owned):
    """One signed transaction: its envelope and hash are stored before anybody else sees it."""

    Status = SubmissionStatus
    NOUN = "submission"
    TRANSITIONS = {
        Status.SIGNED: {Status.SENT},  # committed; may or may not have been handed in
        # Handed in at least once: only the hash on the chain, or proof of its death, ends this.
        Status.SENT: {Status.CONFIRMED, Status.FAILED, Status.REJECTED, Status.EXPIRED},
        Status.CONFIRMED: set(),
        Status.FAILED: set(),  # included, without effect: sequence and fee are spent
        Status.REJECTED: set(),  # refused for certain, and it can no longer be included
        Status.EXPIRED: set(),  # not on the chain, and a ledger past its time bound has closed
    }
    STANDS_AT_MOST = {Status.SIGNED: timedelta(seconds=5), Status.SENT: timedelta(seconds=5)}
    UNDER_WAY = (Status.SIGNED, Status.SENT)

    id = PublicId("sub")
    purpose = models.CharField(max_length=40)  # `escrow.fund`: what it is for, and whose it is
    subject = Reference(db_index=True)  # the operation that it serves
    order = Reference()  # the trail: the order, top-up or withdrawal that it belongs to
    source = models.CharField(max_length=56)  # the account whose sequence it uses
    sequence = models.BigIntegerField()
    inner_hash = models.CharField(max_length=64, unique=True)
    outer_hash = models.CharField(max_length=64)
    envelope_xdr = models.TextField()
    max_time = models.DateTimeField()
    contract_id = models.CharField(max_length=56, blank=True)  # of a deployment, computed by us
    attempts = models.IntegerField(default=0)
    result_code = models.CharField(max_length=120, blank=True)
    ledger = models.BigIntegerField(null=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.SIGNED)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(status__in=["SIGNED", "SENT"]),
                name="one_transaction_in_flight_per_account",
            ),
            models.UniqueConstraint(
                fields=["subject"],
                condition=Q(status__in=["SIGNED", "SENT"]),
                name="one_transaction_in_flight_per_subject",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["CONFIRMED", "FAILED"]) | Q(ledger__isnull=False),
                name="a_closed_transaction_has_a_ledger",
            ),
            Lifecycle.legal(SubmissionStatus, noun="submission"),
        ]

    @property
    def trail(self) -> str:
        return str(self.order or self.subject)


class Signing(Owned):
    """One use of a key: which intent, which hash, and what the guard had found. Append-only."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="signings")
    intent = models.JSONField()
    tx_hash = models.CharField(max_length=64, blank=True)
    verdict = models.TextField()  # `signed`, or why the guard refused
    signed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.wallet_id}: {self.verdict}"


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
