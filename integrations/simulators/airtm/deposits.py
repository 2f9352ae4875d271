"""Deposits: the enterprise is funded, or a completed payout comes back to it."""

from decimal import Decimal
from uuid import UUID

from django.db import transaction

from integrations.simulators.airtm import enterprises
from integrations.simulators.models import AirtmDeposit, AirtmEnterprise
from ledger import clock

Type = AirtmDeposit.Type


@transaction.atomic
def fund(enterprise: AirtmEnterprise, *, amount: Decimal) -> AirtmDeposit:
    """The owner pays dollars into the enterprise's balance."""
    return record(enterprises.locked(enterprise), type=Type.FUNDING, amount=amount, payout=None)


def record(
    enterprise: AirtmEnterprise, *, type: str, amount: Decimal, payout: UUID | None
) -> AirtmDeposit:
    """Credit a locked enterprise, with the row that the list of deposits shows."""
    enterprises.move(enterprise, available=amount, pending=Decimal(0))
    return AirtmDeposit.objects.create(
        enterprise=enterprise,
        type=type,
        name=f"{type} of {amount} USDC",
        amount=amount,
        available=enterprise.available,
        refunded_payout=payout,
        created_at=clock.now(),
    )
