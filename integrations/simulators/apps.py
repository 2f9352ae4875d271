"""The providers, pretended: installed only where `settings.SIMULATORS` says so."""

from django.apps import AppConfig


class Simulators(AppConfig):
    name = "integrations.simulators"
    label = "simulators"
    default_auto_field = "django.db.models.BigAutoField"
