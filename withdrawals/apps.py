"""Money out."""

from django.apps import AppConfig


class Withdrawals(AppConfig):
    name = "withdrawals"
