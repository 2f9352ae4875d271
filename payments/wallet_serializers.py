"""How wallets, deposits and what passed through a wallet look from outside."""

from typing import Any

from rest_framework import serializers

from integrations.marketplaces.rest.fields import AmountField, MomentField, Shown, shown
from integrations.providers.models import ChainMovement, Wallet
from payments.models import Deposit

# What a submission was for, in the words of the API; by the first half of its purpose.
KINDS = {"escrow": "ESCROW", "withdrawal": "PAYOUT", "treasury": "TREASURY"}
OTHER = "OTHER"


class WalletOut(Shown):
    user_id = serializers.CharField(source="holder")
    address = serializers.SerializerMethodField()

    class Meta:
        model = Wallet
        fields = ("id", "user_id", "address", "status", "created_at")

    def get_address(self, row: Wallet) -> str | None:
        """None until the chain shows the wallet: what is sent before would come back."""
        return row.address if row.status == row.Status.READY else None


class AssetOut(serializers.Serializer):  # type: ignore[type-arg]
    code = serializers.CharField()
    issuer = serializers.CharField(help_text="The right code of another issuer is not credited.")


class DepositPageOut(serializers.Serializer):  # type: ignore[type-arg]
    """What a person needs in order to pay in, from any Stellar wallet."""

    address = serializers.CharField()
    asset = AssetOut()
    network = serializers.CharField()
    uri = serializers.CharField(help_text="SEP-7; opens a wallet with everything filled in.")
    qr_svg = serializers.CharField(help_text="The URI as an SVG element, to be put into a page.")
    minimum = AmountField(help_text="Everything from here on is credited, to the last digit.")


class DepositOut(Shown):
    amount = AmountField()
    hash = serializers.CharField(source="tx_hash")

    class Meta:
        model = Deposit
        fields = ("id", "user_id", "address", "amount", "hash", "status", "created_at")


class WalletTransactionOut(Shown):
    hash = serializers.CharField(source="tx_hash")
    amount = AmountField()
    kind = serializers.SerializerMethodField()
    at = MomentField(source="closed_at")

    class Meta:
        model = ChainMovement
        fields = ("id", "hash", "direction", "amount", "kind", "counterparty", "at")

    def get_kind(self, row: ChainMovement) -> str:
        """`DEPOSIT`, `ESCROW`, `PAYOUT`, `TREASURY` or `OTHER`."""
        if row.matter == row.Matter.SUBMISSION:
            return KINDS.get(row.purpose.partition(".")[0], OTHER)
        return {"DEPOSIT": "DEPOSIT", "CONTRACT": "ESCROW"}.get(row.matter, OTHER)


def wallet(row: Wallet) -> dict[str, Any]:
    return shown(WalletOut, row)


def deposit(row: Deposit) -> dict[str, Any]:
    return shown(DepositOut, row)


def transaction(row: ChainMovement) -> dict[str, Any]:
    return shown(WalletTransactionOut, row)


def deposit_page(page: Any) -> dict[str, Any]:
    return shown(DepositPageOut, page)
