"""What the service routes answer with."""

from rest_framework import serializers


class AliveOut(serializers.Serializer):  # type: ignore[type-arg]
    status = serializers.ChoiceField(choices=["ok"])
    version = serializers.CharField()


class PartsOut(serializers.Serializer):  # type: ignore[type-arg]
    database = serializers.ChoiceField(choices=["ok", "down"])
    broker = serializers.ChoiceField(choices=["ok", "down"])
    budgets = serializers.ChoiceField(
        choices=["ok", "used_up", "alone"],
        required=False,
        help_text="What providers let us call: `used_up` for now, or `alone` without Valkey.",
    )
    wallet_keys = serializers.ChoiceField(choices=["ok", "rotation_due"], required=False)
    treasury_xlm = serializers.ChoiceField(choices=["ok", "low"], required=False)


class ReadyOut(serializers.Serializer):  # type: ignore[type-arg]
    status = serializers.ChoiceField(choices=["ok", "degraded", "down"])
    parts = PartsOut()


class ConfigurationOut(serializers.Serializer):  # type: ignore[type-arg]
    version = serializers.CharField()
    mode = serializers.ChoiceField(choices=["sandbox", "live"])
    currencies = serializers.ListField(child=serializers.CharField())
    rails = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Where money comes `in` from, and goes `out` to.",
    )
    stellar_network = serializers.ChoiceField(choices=["public", "testnet", "simulated"])
