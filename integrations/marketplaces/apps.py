"""Systems that call us."""

from django.apps import AppConfig


class Marketplaces(AppConfig):
    name = "integrations.marketplaces"
    label = "marketplaces"
