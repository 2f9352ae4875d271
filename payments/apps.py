"""Money in, and orders."""

from django.apps import AppConfig


class Payments(AppConfig):
    name = "payments"
