"""Sandbox routes: a stranger pays USDC to the wallet of a user of the caller's own book."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.marketplaces.rest.fields import AmountField, OneOf, Strict, TextField
from integrations.marketplaces.rest.views import missing
from integrations.providers.models import Wallet
from integrations.simulators.models import StellarTransaction
from integrations.simulators.sandbox import Sandbox
from integrations.simulators.stellar import gifts
from ledger import money
from ledger.refusals import Conflict, NotFound

Pay = Callable[..., StellarTransaction]

WAYS: dict[str, Pay] = {
    "payment": gifts.pay_from_stranger,
    "path": gifts.pay_by_path,
    "contract": gifts.pay_by_contract,
}


class NewSandboxDeposit(Strict):
    user_id = TextField(max_length=64)
    amount = AmountField(decimals=money.STROOPS)
    way = OneOf(
        choices=list(WAYS),
        default="payment",
        help_text="A plain payment, a payment by path out of XLM, or a transfer by the contract.",
    )


class SandboxDepositOut(serializers.Serializer):  # type: ignore[type-arg]
    transaction_hash = serializers.CharField()
    address = serializers.CharField(help_text="The wallet's.")
    amount = AmountField()


@dataclass(frozen=True, slots=True)
class Paid:
    pk: str  # the transaction's hash
    address: str
    amount: int

    def shown(self) -> dict[str, Any]:
        amount = money.text(self.amount)
        return {"transaction_hash": self.pk, "address": self.address, "amount": amount}


class PayDeposit(Sandbox):
    """Pay USDC to a user's wallet, as a stranger on the chain."""

    takes = NewSandboxDeposit
    shows = SandboxDepositOut
    answers = (201,)
    refuses = (NotFound, Conflict)
    finds = (Wallet,)

    def post(self, request: Request) -> Response:
        body = self.body()
        return self.once(lambda: _paid(self.book, **body))


def _paid(book: int, *, user_id: str, amount: int, way: str) -> Paid:
    wallet = Wallet.objects.of(book).filter(holder=user_id, role=Wallet.Role.USER).first()
    if wallet is None:
        raise missing(Wallet)
    if wallet.status != Wallet.Status.READY:
        raise Conflict("The wallet is not on the chain yet.", current_status=wallet.status)
    try:
        sent = WAYS[way](wallet.address, amount=amount)
    except gifts.Refused as refusal:
        raise Conflict(f"{refusal}.", current_status=wallet.status) from None
    return Paid(sent.hash, wallet.address, amount)
