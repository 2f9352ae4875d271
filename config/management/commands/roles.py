"""`manage.py roles`: the operators' groups and what each may do. Safe to repeat."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand
from django.db.models import Q

# Group → what it may decide beside seeing everything (the codenames of `ledger.acts`).
MAY: dict[str, tuple[str, ...]] = {
    "Viewer": (),
    "Support": ("settle",),
    "Finance": ("settle", "move_money", "agree"),
    "Admin": ("settle", "move_money", "agree", "administer"),
}


class Command(BaseCommand):
    help = "Make the groups Viewer, Support, Finance and Admin."

    def handle(self, *_: Any, **__: Any) -> None:
        views = Q(codename__startswith="view_")
        for name, decisions in MAY.items():
            group, _created = Group.objects.get_or_create(name=name)
            may = Q(content_type__app_label="ledger", codename__in=decisions)
            group.permissions.set(Permission.objects.filter(views | may))
        self.stdout.write(f"roles: {', '.join(MAY)}")
