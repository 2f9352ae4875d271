"""What the answers of the record look like, for the OpenAPI document; a test holds them to it."""

from rest_framework import serializers

from integrations.marketplaces.rest.fields import AmountField, MomentField
from ledger.chart import CHART

KINDS = sorted(CHART)
SIDES = ["DEBIT", "CREDIT"]


class BalanceOut(serializers.Serializer):  # type: ignore[type-arg]
    user_id = serializers.CharField()
    available = AmountField()
    reserved = AmountField()
    in_escrow = AmountField()
    paying_out = AmountField()
    total = AmountField()
    currency = serializers.CharField()
    as_of = MomentField()


class KindOut(serializers.Serializer):  # type: ignore[type-arg]
    kind = serializers.ChoiceField(choices=KINDS)
    side = serializers.ChoiceField(choices=SIDES)
    balance = AmountField()


class FaultOut(serializers.Serializer):  # type: ignore[type-arg]
    """An invariant that a proof found broken, and where; it stands until it is settled."""

    invariant = serializers.CharField()
    subject = serializers.CharField()
    expected = serializers.CharField()
    observed = serializers.CharField()


class TrialBalanceOut(serializers.Serializer):  # type: ignore[type-arg]
    accounts = KindOut(many=True)
    debits = AmountField()
    credits = AmountField()
    currency = serializers.CharField()
    balanced = serializers.BooleanField()
    faults = FaultOut(many=True)
    as_of = MomentField()


class StatementLineOut(serializers.Serializer):  # type: ignore[type-arg]
    transfer_id = serializers.CharField()
    kind = serializers.CharField()
    cause = serializers.CharField()
    trail = serializers.CharField()
    account = serializers.ChoiceField(choices=KINDS)
    subject = serializers.CharField()
    counter_accounts = serializers.ListField(child=serializers.CharField())
    change = AmountField()
    balance_after = AmountField()
    currency = serializers.CharField()
    created_at = MomentField()


class AccountOut(serializers.Serializer):  # type: ignore[type-arg]
    kind = serializers.ChoiceField(choices=KINDS)
    subject = serializers.CharField()
    owner = serializers.CharField()
    side = serializers.ChoiceField(choices=SIDES)
    balance = AmountField()
    currency = serializers.CharField()
    entries = serializers.IntegerField()
    changed_at = MomentField()


class EntryOut(serializers.Serializer):  # type: ignore[type-arg]
    account = serializers.ChoiceField(choices=KINDS)
    subject = serializers.CharField()
    owner = serializers.CharField()
    direction = serializers.ChoiceField(choices=SIDES)
    amount = AmountField()
    balance_after = AmountField()
    currency = serializers.CharField()


class TransferOut(serializers.Serializer):  # type: ignore[type-arg]
    id = serializers.CharField()
    kind = serializers.CharField()
    cause = serializers.CharField()
    trail = serializers.CharField()
    reverses = serializers.CharField(allow_null=True)
    actor = serializers.CharField()
    request_id = serializers.CharField()
    created_at = MomentField()
    entries = EntryOut(many=True)
