"""How withdrawals look from outside, and what may be asked."""

from typing import Any

from rest_framework import serializers

from integrations.marketplaces.rest.fields import (
    AmountField,
    MetadataField,
    Shown,
    Strict,
    TextField,
)

from .models import Withdrawal


class Destination(Strict):
    type = serializers.ChoiceField(choices=["AIRTM"])
    email = serializers.EmailField(max_length=254, required=False, default="")


class NewWithdrawal(Strict):
    user_id = TextField(max_length=40)
    amount = AmountField()
    destination = Destination()
    commit = serializers.BooleanField(required=False, default=False)
    description = TextField(max_length=250, required=False, default="")
    metadata = MetadataField(required=False, default=dict)


class WithdrawalOut(Shown):
    amount = AmountField()
    received = AmountField()
    fee = AmountField()
    destination = serializers.SerializerMethodField()
    failure = serializers.SerializerMethodField()

    class Meta:
        model = Withdrawal
        fields = (
            "id", "user_id", "amount", "received", "fee", "status", "destination", "description",
            "failure", "metadata", "created_at",
        )  # fmt: skip

    def get_destination(self, row: Withdrawal) -> dict[str, str]:
        return {"type": row.rail, "email": row.email}

    def get_failure(self, row: Withdrawal) -> dict[str, str] | None:
        return {"code": row.failure_code, "message": row.failure} if row.failure_code else None


def withdrawal(row: Withdrawal) -> dict[str, Any]:
    return dict(WithdrawalOut(row).data)
