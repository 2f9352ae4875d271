"""Checks: when each contract was last compared with the chain, so that none is forgotten."""

from django.db import models

from escrow.models.escrows import Escrow
from ledger.fields import Amount
from ledger.tenancy import Owned


class ContractCheck(Owned):
    """When a contract was last compared, and what it held when both sides last agreed."""

    escrow = models.OneToOneField(Escrow, models.PROTECT, related_name="comparison")
    compared_at = models.DateTimeField(db_index=True)
    agreed_at = models.DateTimeField(null=True)
    balance = Amount(default=0)

    def __str__(self) -> str:
        return f"{self.escrow_id} {self.compared_at}"
