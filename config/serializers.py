"""What the service routes answer with."""

from rest_framework import serializers

from integrations.marketplaces.rest.fields import MomentField


class AliveOut(serializers.Serializer):  # type: ignore[type-arg]
    status = serializers.ChoiceField(choices=["ok"])
    version = serializers.CharField()


class PartOut(serializers.Serializer):  # type: ignore[type-arg]
    status = serializers.ChoiceField(choices=["ok", "degraded", "down"])
    why = serializers.CharField(help_text="Empty while it is well.")


class WaitOut(PartOut):
    age_seconds = serializers.IntegerField(
        allow_null=True, help_text="How long the oldest has waited, or since the worker was seen."
    )


class ProviderOut(PartOut):
    calls = serializers.IntegerField(help_text="In the last ten minutes, at most 200 of all.")
    failed = serializers.IntegerField()


class PartsOut(serializers.Serializer):  # type: ignore[type-arg]
    database = PartOut()
    broker = PartOut()
    worker = WaitOut()
    operations = WaitOut()
    inbound = WaitOut()
    events = WaitOut()
    budgets = PartOut(help_text="How often providers let us call them.")
    wallet_keys = PartOut()
    treasury_xlm = PartOut()


class ReadyOut(serializers.Serializer):  # type: ignore[type-arg]
    status = serializers.ChoiceField(choices=["ok", "degraded", "down"])
    parts = PartsOut()
    providers = serializers.DictField(child=ProviderOut())


class CallLimitsOut(serializers.Serializer):  # type: ignore[type-arg]
    requests_per_minute = serializers.IntegerField(help_text="Of one key.")
    acts_per_user_and_minute = serializers.IntegerField()
    body_bytes = serializers.IntegerField()
    page = serializers.IntegerField()
    token_seconds = serializers.IntegerField()


class MaintenanceOut(serializers.Serializer):  # type: ignore[type-arg]
    message = serializers.CharField()
    until = MomentField(allow_null=True)


class ConfigurationOut(serializers.Serializer):  # type: ignore[type-arg]
    version = serializers.CharField()
    mode = serializers.ChoiceField(choices=["sandbox", "live"])
    currencies = serializers.ListField(child=serializers.CharField())
    rails = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Where money comes `in` from, and goes `out` to.",
    )
    stellar_network = serializers.ChoiceField(choices=["public", "testnet", "simulated"])
    limits = CallLimitsOut()
    maintenance = MaintenanceOut(allow_null=True, help_text="While writes are paused.")
