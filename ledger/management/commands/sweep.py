"""`manage.py sweep`: wake every overdue operation once, as beat does every few seconds."""

from django.core.management.base import BaseCommand

from ledger import sweeping


class Command(BaseCommand):
    help = "Wake every operation that has stood longer than its state allows."

    def handle(self, *_: object, **__: object) -> None:
        self.stdout.write(f"woken: {sweeping.sweep()}")
