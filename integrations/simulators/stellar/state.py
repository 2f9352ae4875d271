"""A working copy of the chain: rows are read when asked for, and written only on success.

A transaction that fails is undone by forgetting its copy.
"""

from collections.abc import Iterable
from typing import Any, TypeVar, cast

from django.db import models
from stellar_sdk import Asset

from integrations.simulators.models import (
    StellarAccount,
    StellarClaimableBalance,
    StellarContract,
    StellarDatum,
    StellarSigner,
    StellarTokenBalance,
    StellarTrustline,
)
from integrations.simulators.stellar.ledgers import Ledger

Row = TypeVar("Row", bound=models.Model)
Slot = tuple[type[models.Model], tuple[Any, ...]]


class State:
    def __init__(self, *, ledger: Ledger) -> None:
        self.ledger = ledger
        self._rows: dict[Slot, models.Model | None] = {}
        self._as_read: dict[Slot, dict[str, Any]] = {}
        self._removed: list[models.Model] = []

    def account(self, address: str) -> StellarAccount | None:
        return self._row(StellarAccount, address=address)

    def trustline(self, address: str, asset: Asset) -> StellarTrustline | None:
        return self._row(
            StellarTrustline,
            account_id=address,
            asset_code=asset.code,
            asset_issuer=asset.issuer,
        )

    def signer(self, address: str, key: str) -> StellarSigner | None:
        return self._row(StellarSigner, account_id=address, key=key)

    def signers(self, address: str) -> list[StellarSigner]:
        """The other keys that sign for `address`, in the order of the keys."""
        for key in StellarSigner.objects.filter(account_id=address).values_list("key", flat=True):
            self.signer(address, key)
        kept = (row for row in self._rows.values() if isinstance(row, StellarSigner))
        return sorted((row for row in kept if row.account_id == address), key=lambda row: row.key)

    def datum(self, address: str, name: str) -> StellarDatum | None:
        return self._row(StellarDatum, account_id=address, name=name)

    def claimable_balance(self, balance_id: str) -> StellarClaimableBalance | None:
        return self._row(StellarClaimableBalance, id=balance_id)

    def contract(self, address: str) -> StellarContract | None:
        return self._row(StellarContract, address=address)

    def tokens(self, holder: str, asset: Asset) -> StellarTokenBalance:
        """What a contract holds: a row of zero, if it never held any."""
        key = {"holder": holder, "asset_code": asset.code, "asset_issuer": asset.issuer}
        return self._row(StellarTokenBalance, **key) or self.add(StellarTokenBalance(**key))

    def add(self, row: Row) -> Row:
        self._rows[_slot_of(row)] = row
        return row

    def remove(self, row: models.Model) -> None:
        self._rows[_slot_of(row)] = None
        self._removed.append(row)

    def write(self) -> None:
        """Make the copy the truth."""
        for row in self._removed:
            if row.pk is not None:
                row.delete()
        for row in self._changed():
            if isinstance(row, StellarAccount | StellarTrustline | StellarClaimableBalance):
                row.changed_in = self.ledger.sequence
            if isinstance(row, StellarAccount | StellarClaimableBalance):
                row.changed_at = self.ledger.closed_at
            row.save()

    def _changed(self) -> Iterable[models.Model]:
        # Accounts first: trustlines point at them.
        rows = [
            row
            for slot, row in self._rows.items()
            if row is not None and self._as_read.get(slot) != _columns(row)
        ]
        return sorted(rows, key=lambda row: not isinstance(row, StellarAccount))

    def _row(self, model: type[Row], **key: Any) -> Row | None:
        slot = (model, tuple(key.values()))
        if slot not in self._rows:
            self._rows[slot] = row = model._default_manager.filter(**key).first()
            if row is not None:
                self._as_read[slot] = _columns(row)
        return cast("Row | None", self._rows[slot])


# What identifies a row, in the order in which `State` asks for it.
_KEYS: dict[type[models.Model], tuple[str, ...]] = {
    StellarAccount: ("address",),
    StellarTrustline: ("account_id", "asset_code", "asset_issuer"),
    StellarSigner: ("account_id", "key"),
    StellarDatum: ("account_id", "name"),
    StellarClaimableBalance: ("id",),
    StellarContract: ("address",),
    StellarTokenBalance: ("holder", "asset_code", "asset_issuer"),
}


def _slot_of(row: models.Model) -> Slot:
    return type(row), tuple(getattr(row, name) for name in _KEYS[type(row)])


def _columns(row: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
