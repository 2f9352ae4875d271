"""The record: what moved and what happened."""

from django.apps import AppConfig


class Ledger(AppConfig):
    name = "ledger"
