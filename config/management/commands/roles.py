"""`manage.py roles`: the operators' groups and what each may do. Safe to repeat."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand

SEES_EVERYTHING = "view_"


class Command(BaseCommand):
    help = "Make the groups Viewer, Support, Finance and Admin."

    def handle(self, *_: Any, **__: Any) -> None:
        views = Permission.objects.filter(codename__startswith=SEES_EVERYTHING)
        for name in ("Viewer", "Support", "Finance", "Admin"):
            group, _created = Group.objects.get_or_create(name=name)
            group.permissions.set(views)
        self.stdout.write("roles: Viewer, Support, Finance, Admin")
