"""The pretended Stellar network: its ledgers, what stands on them, and what happened.

Accounts, trustlines, contracts and token balances are the present; ledgers, transactions and
operations are the history that Horizon tells. Only ledgers that carry a transaction are rows:
the empty ones between them follow from the clock. Amounts are whole stroops.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from ledger.fields import Amount


class Address(models.CharField):
    """An account (`G…`) or a contract (`C…`)."""

    def __init__(self, **options: object) -> None:
        super().__init__(**{**options, "max_length": 56})


class StellarLedger(models.Model):
    """A closed ledger that carries a transaction."""

    sequence = models.PositiveIntegerField(primary_key=True)
    closed_at = models.DateTimeField(unique=True)
    base_fee = models.PositiveIntegerField(default=100)  # stroops an operation
    fee_pool = Amount(default=0)  # all fees ever charged, this ledger's among them

    def __str__(self) -> str:
        return f"ledger {self.sequence}"


class StellarAccount(models.Model):
    class Flag(models.IntegerChoices):
        """What an issuer keeps for itself: whom to admit, to lock out, and to take back from."""

        AUTH_REQUIRED = 1
        AUTH_REVOCABLE = 2
        AUTH_IMMUTABLE = 4
        AUTH_CLAWBACK_ENABLED = 8

    address = Address(primary_key=True)
    sequence = models.BigIntegerField()
    xlm = Amount()
    flags = models.PositiveSmallIntegerField(default=0)
    home_domain = models.CharField(max_length=32, blank=True, default="")
    master_weight = models.PositiveSmallIntegerField(default=1)  # of the key behind the address
    low_threshold = models.PositiveSmallIntegerField(default=0)
    medium_threshold = models.PositiveSmallIntegerField(default=0)
    high_threshold = models.PositiveSmallIntegerField(default=0)
    num_subentries = models.PositiveIntegerField(default=0)
    num_sponsoring = models.PositiveIntegerField(default=0)
    num_sponsored = models.PositiveIntegerField(default=0)
    sponsor = Address(blank=True, default="")
    changed_in = models.PositiveIntegerField(default=1)  # the ledger
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(xlm__gte=0), name="stellar_xlm_is_not_negative")
        ]

    def __str__(self) -> str:
        return self.address


class StellarSigner(models.Model):
    """Another key that may sign for an account."""

    account = models.ForeignKey(StellarAccount, models.PROTECT, related_name="signers")
    key = Address()
    weight = models.PositiveSmallIntegerField()
    sponsor = Address(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "key"], name="one_stellar_signer_per_account_and_key"
            ),
            models.CheckConstraint(
                condition=Q(weight__gte=1, weight__lte=255), name="stellar_signer_has_a_weight"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} signs for {self.account_id}"


class StellarDatum(models.Model):
    """A name and up to 64 bytes that an account shows to everybody."""

    account = models.ForeignKey(StellarAccount, models.PROTECT, related_name="data")
    name = models.CharField(max_length=64)
    value = models.CharField(max_length=88)  # base64
    sponsor = Address(blank=True, default="")

    class Meta:
        verbose_name_plural = "stellar data"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "name"], name="one_stellar_datum_per_account_and_name"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} says {self.name}"


class StellarTrustline(models.Model):
    """What an account holds of an asset, and how much of it the account accepts at most."""

    class Flag(models.IntegerChoices):
        AUTHORIZED = 1
        AUTHORIZED_TO_MAINTAIN_LIABILITIES = 2
        CLAWBACK_ENABLED = 4

    account = models.ForeignKey(StellarAccount, models.PROTECT, related_name="trustlines")
    asset_code = models.CharField(max_length=12)
    asset_issuer = Address()
    balance = Amount(default=0)
    limit = Amount()
    flags = models.PositiveSmallIntegerField(default=Flag.AUTHORIZED)
    changed_in = models.PositiveIntegerField(default=1)  # the ledger
    sponsor = Address(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "asset_code", "asset_issuer"],
                name="one_stellar_trustline_per_account_and_asset",
            ),
            models.CheckConstraint(
                condition=Q(balance__gte=0, balance__lte=F("limit")),
                name="stellar_balance_is_within_the_limit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} holds {self.asset_code}"


class StellarClaimableBalance(models.Model):
    """An amount that lies ready for whoever may claim it."""

    id = models.CharField(primary_key=True, max_length=72)
    asset_code = models.CharField(max_length=12)  # XLM, without an issuer, is the native asset
    asset_issuer = Address(blank=True)
    amount = Amount()
    sponsor = Address()
    claimants = models.JSONField()  # each a destination, and a predicate as base64 XDR
    destinations = ArrayField(models.CharField(max_length=56))
    is_clawback_enabled = models.BooleanField(default=False)
    changed_in = models.PositiveIntegerField()  # the ledger
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="stellar_claimable_amount_is_positive"
            )
        ]
        indexes = [
            GinIndex(fields=["destinations"], name="stellar_claimants"),
            models.Index(fields=["changed_in", "id"], name="stellar_claimable_order"),
        ]

    def __str__(self) -> str:
        return self.id


class StellarContract(models.Model):
    """A contract instance: which program it runs and what it has stored (base64 XDR)."""

    address = Address(primary_key=True)
    program = models.CharField(max_length=40)
    deployer = Address()
    storage = models.TextField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.address


class StellarTokenBalance(models.Model):
    """What a contract holds of an asset: contracts need no trustline."""

    holder = Address()
    asset_code = models.CharField(max_length=12)
    asset_issuer = Address()
    balance = Amount(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["holder", "asset_code", "asset_issuer"],
                name="one_stellar_token_balance_per_contract_and_asset",
            ),
            models.CheckConstraint(
                condition=Q(balance__gte=0), name="stellar_token_balance_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder} holds {self.asset_code}"


class StellarTransaction(models.Model):
    """A transaction that entered a ledger. One that failed is kept too: it paid its fee."""

    id = models.BigIntegerField(primary_key=True)  # SEP-35's total order id
    hash = models.CharField(max_length=64, unique=True)  # the outer one, if fee-bumped
    inner_hash = models.CharField(max_length=64, unique=True)  # equals `hash` if not fee-bumped
    ledger = models.ForeignKey(StellarLedger, models.PROTECT, related_name="transactions")
    successful = models.BooleanField()
    source = Address()
    fee_account = Address()
    fee_charged = Amount()
    envelope_xdr = models.TextField()
    result_xdr = models.TextField()
    result_codes = models.JSONField()
    participants = ArrayField(models.CharField(max_length=56))

    class Meta:
        indexes = [GinIndex(fields=["participants"], name="stellar_tx_participants")]

    def __str__(self) -> str:
        return self.hash


class StellarOperation(models.Model):
    """One step of a transaction, with the members that Horizon shows for its type."""

    id = models.BigIntegerField(primary_key=True)  # the transaction's, plus its place from 1
    transaction = models.ForeignKey(StellarTransaction, models.PROTECT, related_name="operations")
    source = Address()
    type = models.CharField(max_length=40)
    type_number = models.PositiveSmallIntegerField()
    details = models.JSONField()
    is_payment = models.BooleanField()  # succeeded, and listed under /payments
    participants = ArrayField(models.CharField(max_length=56))

    class Meta:
        indexes = [
            GinIndex(fields=["participants"], name="stellar_op_participants"),
            models.Index(fields=["id"], condition=Q(is_payment=True), name="stellar_payments"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
