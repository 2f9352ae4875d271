"""Systems we call."""

from django.apps import AppConfig


class Providers(AppConfig):
    name = "integrations.providers"
    label = "providers"
