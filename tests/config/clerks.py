"""Operators at the browser, for tests."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.models import User as Operator
from django.test import Client

from ledger.models import Approval


@dataclass
class Clerk:
    """An operator at the browser."""

    client: Client

    def open(self, act: str, subject: object) -> Any:
        return self.client.get(f"/admin/decide/{act}/{subject}/")

    def preview(self, act: str, subject: object, /, **answers: object) -> str:
        answer = self.client.post(f"/admin/decide/{act}/{subject}/", {"previewed": "1", **answers})
        assert answer.status_code == 200
        return str(answer.content.decode())

    def decide(self, act: str, subject: object, /, reason: str = "seen", **answers: object) -> Any:
        body = {"confirmed": "1", "reason": reason, **answers}
        return self.client.post(f"/admin/decide/{act}/{subject}/", body)

    def asks_for(self, act: str, subject: object, /, **answers: object) -> Approval:
        """Decide what takes two people; what now waits for the second."""
        assert self.decide(act, subject, **answers).status_code == 302
        return Approval.across_books.get(act=act, status="REQUESTED")

    def read(self, url: str) -> str:
        answer = self.client.get(url)
        assert answer.status_code == 200, url
        return str(answer.content.decode())


def clerk(name: str, group: str) -> Clerk:
    operator = Operator.objects.create_user(name, is_staff=True)
    operator.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(operator)
    return Clerk(client)
