"""How withdrawals look from outside, and what may be asked."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from integrations.marketplaces.rest.fields import (
    AmountField,
    Failing,
    MetadataField,
    OneOf,
    Shown,
    Strict,
    TextField,
    YesOrNo,
    shown,
)
from integrations.providers.intents import MemoType
from ledger import money
from ledger.refusals import Invalid
from withdrawals import destinations
from withdrawals.models import MEMO_TYPES, Withdrawal

CENT = money.DOLLAR // 100
_FIELDS = {
    Withdrawal.Rail.AIRTM: {"email"},
    Withdrawal.Rail.STELLAR: {"address", "memo", "memo_type"},
}


class NewDestination(Strict):
    """Each type has fields of its own: `email` is AIRTM's, the others are STELLAR's."""

    type = OneOf(choices=Withdrawal.Rail.values)
    email = serializers.EmailField(max_length=254, required=False)
    address = TextField(
        max_length=320, required=False, trim_whitespace=False, help_text="G…, M… or name*domain."
    )
    memo = TextField(max_length=64, required=False, allow_blank=True, trim_whitespace=False)
    memo_type = OneOf(choices=MEMO_TYPES, required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        foreign = sorted(set(given) - {"type"} - _FIELDS[given["type"]])
        if foreign:
            message = f"A destination of type {given['type']} has no such field."
            raise _refused(*foreign, message=message, code="UNKNOWN_FIELD")
        if given["type"] == Withdrawal.Rail.STELLAR:
            _check_address(given)
        return given


class NewWithdrawal(Strict):
    user_id = TextField(max_length=40)
    amount = AmountField(decimals=money.STROOPS, help_text="AIRTM takes 2 decimals, STELLAR 7.")
    destination = NewDestination()
    commit = YesOrNo(required=False, default=False)
    description = TextField(max_length=250, required=False, default="")
    metadata = MetadataField(required=False, default=dict)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        is_airtm = given["destination"]["type"] == Withdrawal.Rail.AIRTM
        if is_airtm and given["amount"] % CENT:
            message = "At most 2 decimals are taken here."
            raise _refused("amount", message=message, code=money.InvalidAmount.code)
        return given


class DestinationOut(Shown):
    type = serializers.CharField(source="rail")
    memo_type = serializers.SerializerMethodField()
    network = serializers.SerializerMethodField(
        help_text="Where `resolved_address` and `transaction_hash` are found; null for AIRTM."
    )

    class Meta:
        model = Withdrawal
        fields = ("type", "email", "address", "resolved_address", "memo", "memo_type", "network")

    def get_memo_type(self, row: Withdrawal) -> str | None:
        return row.memo_type if row.memo else None

    def get_network(self, row: Withdrawal) -> str | None:
        return settings.STELLAR_NETWORK if row.rail == row.Rail.STELLAR else None


class WithdrawalOut(Failing):
    amount = AmountField()
    received = AmountField(allow_null=True)
    fee = AmountField(allow_null=True)
    destination = DestinationOut(source="*")
    transaction_hash = serializers.SerializerMethodField(
        help_text="Of the payment on the chain, from when it is signed; null for AIRTM."
    )

    class Meta:
        model = Withdrawal
        fields = (
            "id", "user_id", "amount", "received", "fee", "status", "destination",
            "transaction_hash", "description", "failure", "metadata", "created_at",
        )  # fmt: skip

    def get_transaction_hash(self, row: Withdrawal) -> str | None:
        return (row.reference or None) if row.rail == row.Rail.STELLAR else None


def withdrawal(row: Withdrawal) -> dict[str, Any]:
    return shown(WithdrawalOut, row)


def _check_address(given: dict[str, Any]) -> None:
    """Syntax alone; whose the address is, and what the chain says of it, comes later."""
    if "address" not in given:
        raise _refused("address", message="This field is required.", code="required")
    memo, memo_type = given.get("memo", ""), given.get("memo_type", MemoType.TEXT)
    if "memo_type" in given and not memo:  # an exchange could not tell whose the money is
        message = "There is a memo_type, but no memo."
        raise _refused("memo", message=message, code=destinations.NoMemo.code)
    try:
        destinations.named(given["address"], memo=memo, memo_type=memo_type)
    except destinations.NoMemo as error:
        raise _refused("memo", message=error.message, code=error.code) from error
    except Invalid as error:
        raise _refused("address", message=error.message, code=error.code) from error


def _refused(*fields: str, message: str, code: str) -> serializers.ValidationError:
    detail = serializers.ErrorDetail(message, code)
    return serializers.ValidationError({field: [detail] for field in fields})
