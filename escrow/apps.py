"""Money held between two parties."""

from django.apps import AppConfig


class Escrow(AppConfig):
    name = "escrow"
