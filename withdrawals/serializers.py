"""How withdrawals look from outside, and what may be asked."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from integrations.marketplaces.rest.fields import (
    AmountField,
    MetadataField,
    OneOf,
    Shown,
    Strict,
    TextField,
    YesOrNo,
)
from withdrawals.models import Withdrawal


class NewDestination(Strict):
    type = OneOf(choices=["AIRTM"])
    email = serializers.EmailField(max_length=254, required=False, default="")


class NewWithdrawal(Strict):
    user_id = TextField(max_length=40)
    amount = AmountField()
    destination = NewDestination()
    commit = YesOrNo(required=False, default=False)
    description = TextField(max_length=250, required=False, default="")
    metadata = MetadataField(required=False, default=dict)


class DestinationOut(Shown):
    type = serializers.CharField(source="rail")

    class Meta:
        model = Withdrawal
        fields = ("type", "email")


class FailureOut(Shown):
    code = serializers.CharField(source="failure_code")
    message = serializers.CharField(source="failure")

    class Meta:
        model = Withdrawal
        fields = ("code", "message")


class WithdrawalOut(Shown):
    amount = AmountField()
    received = AmountField(allow_null=True)
    fee = AmountField(allow_null=True)
    destination = DestinationOut(source="*")
    failure = serializers.SerializerMethodField()

    class Meta:
        model = Withdrawal
        fields = (
            "id", "user_id", "amount", "received", "fee", "status", "destination", "description",
            "failure", "metadata", "created_at",
        )  # fmt: skip

    @extend_schema_field(FailureOut(allow_null=True))
    def get_failure(self, row: Withdrawal) -> Any:
        return FailureOut(row).data if row.failure_code else None


def withdrawal(row: Withdrawal) -> dict[str, Any]:
    return dict(WithdrawalOut(row).data)
