"""`manage.py reset_second_factor <operator> --reason …`: where no other administrator can."""

from typing import Any

from django.contrib.auth.models import User as Operator
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from config import factors
from integrations.marketplaces import audit
from ledger.events import Actor

OPERATOR = Actor("operator:command-line")


class Command(BaseCommand):
    help = "Forget an operator's phone and recovery codes; the next login enrols anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("operator")
        parser.add_argument("--reason", required=True)

    def handle(self, *_: Any, operator: str, reason: str, **__: Any) -> None:
        found = Operator.objects.filter(username=operator).first()
        if found is None:
            raise CommandError(f"there is no operator '{operator}'")
        with transaction.atomic():
            if not factors.forget(found):
                raise CommandError(f"'{operator}' has no second factor")
            facts = {"book": None, "by": OPERATOR, "subject": str(found.pk)}
            audit.record(act="operator.factor_reset", after={"reason": reason}, **facts)
        self.stdout.write(f"'{operator}' enrols anew at the next login")
