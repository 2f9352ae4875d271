"""Money held between two parties: the contract of an order, from deployment to settlement.

The six addresses are copied when the escrow is opened, because they are what the contract was
deployed with. The contract's own state, and not this row's, says which step comes next; this row
says what we are trying to reach. After FAILED the next attempt is a new row.
"""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from integrations.providers.models import Wallet
from integrations.providers.ports import Roles
from ledger.fields import Amount, PublicId, Reference
from ledger.lifecycle import Lifecycle
from ledger.tenancy import Owned
from payments.models import Order


class EscrowStatus(models.TextChoices):
    CREATING = "CREATING"
    CREATED = "CREATED"
    FAILED = "FAILED"
    FUNDING = "FUNDING"
    FUNDED = "FUNDED"
    RELEASING = "RELEASING"
    REFUNDING = "REFUNDING"
    DISPUTING = "DISPUTING"
    DISPUTED = "DISPUTED"
    RESOLVING = "RESOLVING"
    RELEASED = "RELEASED"
    REFUNDED = "REFUNDED"
    RESOLVED = "RESOLVED"


_ASKING = timedelta(seconds=10)


class Escrow(Lifecycle, Owned):
    Status = EscrowStatus
    NOUN = "escrow"
    TRANSITIONS = {
        Status.CREATING: {Status.CREATED, Status.FAILED},
        Status.CREATED: {Status.FUNDING, Status.FAILED},
        Status.FAILED: set(),
        Status.FUNDING: {Status.FUNDED, Status.CREATED},
        Status.FUNDED: {Status.RELEASING, Status.REFUNDING, Status.DISPUTING},
        Status.DISPUTING: {Status.DISPUTED, Status.FUNDED},
        Status.DISPUTED: {Status.RELEASING, Status.REFUNDING, Status.RESOLVING},
        # Each of the three also leads back to where the contract stands.
        Status.RELEASING: {Status.RELEASED, Status.FUNDED, Status.DISPUTED},
        Status.REFUNDING: {Status.REFUNDED, Status.FUNDED, Status.DISPUTED},
        Status.RESOLVING: {Status.RESOLVED, Status.FUNDED, Status.DISPUTED},
        Status.RELEASED: set(),
        Status.REFUNDED: set(),
        Status.RESOLVED: set(),
    }
    STANDS_AT_MOST = {
        Status.CREATING: _ASKING,
        Status.CREATED: timedelta(hours=1),  # its order may have ended meanwhile
        Status.FUNDING: _ASKING,
        Status.RELEASING: _ASKING,
        Status.REFUNDING: _ASKING,
        Status.DISPUTING: _ASKING,
        Status.RESOLVING: _ASKING,
    }
    _HELD = {"escrow_funded"}
    TRANSFERS = {
        Status.FUNDED: [_HELD],
        Status.RELEASING: [_HELD],
        Status.REFUNDING: [_HELD],
        Status.DISPUTING: [_HELD],
        Status.DISPUTED: [_HELD],
        Status.RESOLVING: [_HELD],
        Status.RELEASED: [_HELD | {"release"}],
    }
    BACKED_BY = ("escrowed", "id", tuple(TRANSFERS)[:-1])

    id = PublicId("esc")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="escrows")
    amount = Amount()
    platform_fee_bps = models.IntegerField()
    buyer_wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="+")
    seller_wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="+")
    fees_wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="+")
    resolver_wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="+")
    treasury_wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="+")
    contract_id = models.CharField(max_length=56, blank=True)
    taken_in = Reference()  # the last submission whose end we have drawn the consequences of
    frozen_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.CREATING)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="escrow_amount_is_positive"),
            models.UniqueConstraint(
                fields=["order"], condition=~Q(status="FAILED"), name="one_live_escrow_per_order"
            ),
            models.UniqueConstraint(
                fields=["contract_id"],
                condition=~Q(contract_id=""),
                name="one_escrow_per_contract",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["CREATING", "FAILED"]) | ~Q(contract_id=""),
                name="created_escrow_has_a_contract",
            ),
            Lifecycle.legal(EscrowStatus, noun="escrow"),
        ]

    @property
    def trail(self) -> str:
        return str(self.order_id)

    @property
    def roles(self) -> Roles:
        """Who may do what on the contract: the buyer decides, the seller delivers."""
        return Roles(
            approver=self.buyer_wallet.address,
            release_signer=self.buyer_wallet.address,
            service_provider=self.seller_wallet.address,
            receiver=self.seller_wallet.address,
            platform_address=self.fees_wallet.address,
            dispute_resolver=self.resolver_wallet.address,
        )
