"""Escrows: the contract of an order, from deployment to settlement.

With milestones an escrow stays FUNDED until the last of them is settled; without, its status says
what is being asked of the contract. After FAILED the next attempt is a new row.
"""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from integrations.providers.models import Wallet
from integrations.providers.ports import ContractKind, Roles
from ledger.fields import Amount, PublicId, Reference, index_of_frozen
from ledger.lifecycle import ASKING, Lifecycle
from ledger.tenancy import Owned
from payments.models import Milestone, Order


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


class Escrow(Lifecycle, Owned):
    Status = EscrowStatus
    NOUN = "escrow"
    TRANSITIONS = {
        Status.CREATING: {Status.CREATED, Status.FAILED},
        Status.CREATED: {Status.FUNDING, Status.FAILED},
        Status.FAILED: set(),
        Status.FUNDING: {Status.FUNDED, Status.CREATED},
        Status.FUNDED: {
            Status.RELEASING,
            Status.REFUNDING,
            Status.DISPUTING,
            # The last of its milestones has been settled.
            Status.RELEASED,
            Status.REFUNDED,
            Status.RESOLVED,
        },
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
        Status.CREATING: ASKING,
        Status.CREATED: timedelta(hours=1),  # its order may have ended meanwhile
        Status.FUNDING: ASKING,
        Status.RELEASING: ASKING,
        Status.REFUNDING: ASKING,
        Status.DISPUTING: ASKING,
        Status.RESOLVING: ASKING,
    }
    OWED_WITHIN = dict.fromkeys(
        (
            Status.CREATING,
            Status.FUNDING,
            Status.RELEASING,
            Status.REFUNDING,
            Status.DISPUTING,
            Status.RESOLVING,
        ),
        timedelta(hours=1),
    )
    NOT_OWED = Q(frozen_at__isnull=False)  # it waits for us, with a finding that says why
    SETTLED = (Status.RELEASED, Status.REFUNDED, Status.RESOLVED)
    # Nobody is asked for anything; with milestones it may be, while the escrow stays FUNDED.
    AT_REST = (*SETTLED, Status.CREATED, Status.FAILED, Status.DISPUTED)
    _HELD = {"escrow_funded"}
    TRANSFERS = {
        Status.FUNDED: [_HELD],
        Status.RELEASING: [_HELD],
        Status.REFUNDING: [_HELD],
        Status.DISPUTING: [_HELD],
        Status.DISPUTED: [_HELD],
        Status.RESOLVING: [_HELD],
        # What settled a milestone is found at the milestone.
        Status.RELEASED: [_HELD | {"release"}, _HELD],
        Status.REFUNDED: [_HELD | {"refund"}, _HELD],
        Status.RESOLVED: [_HELD | {"release"}, _HELD | {"refund"}, _HELD | {"split"}, _HELD],
    }
    BACKED_BY = ("escrowed", "id", tuple(TRANSFERS)[:-3])
    # Of an escrow with milestones, those that are not settled.
    BACKED_AMOUNT = """coalesce((
        SELECT sum(CASE WHEN m.status IN ('RELEASED', 'REFUNDED', 'SPLIT') THEN 0 ELSE m.amount END)
          FROM payments_milestone m WHERE m.order_id = n.order_id), n.amount)"""

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
    emptied_at = models.DateTimeField(null=True)  # settled, and nothing worth fetching is left
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
        indexes = [index_of_frozen("frozen_escrows")]

    @property
    def trail(self) -> str:
        return str(self.order_id)

    @cached_property
    def milestones(self) -> list[Milestone]:
        """The pieces of its order, in the order of the contract."""
        return list(self.order.milestones.order_by("place"))

    @property
    def kind(self) -> ContractKind:
        return ContractKind.MULTI_RELEASE if self.milestones else ContractKind.SINGLE_RELEASE

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
