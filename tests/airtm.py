"""Ada at Airtm: her top-ups and withdrawals, what Airtm does with them, and where the money is."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from integrations.marketplaces.models import User
from integrations.simulators import clock, switches
from integrations.simulators.airtm import payins, payouts
from integrations.simulators.models import AirtmEnterprise, AirtmPayin, AirtmPayout
from ledger import casework, money, sweeping
from ledger.events import Actor
from ledger.models import Account, Book, Finding
from tests.cast import Api, Worker
from tests.seeding import Beginnings

DAY = 24 * 3600


@dataclass
class Airtm:
    """Both sides of the conversation: our API, and the pretended provider behind it."""

    api: Api
    worker: Worker
    ada: str = ""

    @property
    def book(self) -> int:
        return int(Book.objects.get(name="Bazaar").pk)

    def link(self, email: str = "ada@example.com", name: str = "ada") -> str:
        """A user who is linked to the account with this address."""
        user = str(self.api.made("users", {"external_id": name, "type": "BOTH"})["id"])
        self.api.made(f"users/{user}/airtm/link", {"email": email})
        self.worker.settle()
        return user

    def top_up(self, amount: str = "50.00", **facts: Any) -> str:
        """A top-up that waits for its payer."""
        body = {"user_id": self.ada, "amount": amount, **facts}
        topup = str(self.api.made("topups", body)["id"])
        self.worker.settle()
        return topup

    def fund(self, amount: str) -> None:
        """A top-up that is paid."""
        payins.confirm(self.payin(self.top_up(amount)).id, email="ada@example.com")
        self.worker.settle()

    def withdraw(self, amount: str = "40.00", *, user: str = "") -> str:
        """A withdrawal that is committed, and carried as far as it goes."""
        body = {
            "user_id": user or self.ada, "amount": amount, "destination": {"type": "AIRTM"},
            "commit": True,
        }  # fmt: skip
        withdrawal = str(self.api.made("withdrawals", body)["id"])
        self.worker.settle()
        return withdrawal

    def payin(self, code: str) -> AirtmPayin:
        return AirtmPayin.objects.get(code=code)

    def payout(self, code: str) -> AirtmPayout:
        return AirtmPayout.objects.get(code=code)

    def confirm(self, topup: str, *, email: str = "ada@example.com") -> None:
        payins.confirm(self.payin(topup).id, email=email)
        self.worker.settle()

    def complete(self, withdrawal: str) -> None:
        payouts.complete(self.payout(withdrawal).id)
        self.worker.settle()

    def status(self, pk: str) -> str:
        noun = "topups" if pk.startswith("topup_") else "withdrawals"
        return str(self.api.seen(f"{noun}/{pk}")["status"])

    def act(self, pk: str, name: str) -> Any:
        """`cancel` or `refresh` it, and let the worker do what follows."""
        noun = "topups" if pk.startswith("topup_") else "withdrawals"
        answer = self.api.post(f"{noun}/{pk}/{name}")
        self.worker.settle()
        return answer

    def pass_time(self, *, days: int = 0, seconds: int = 0) -> None:
        """What is due by then is looked after."""
        clock.advance(seconds=days * DAY + seconds)
        sweeping.sweep()
        self.worker.settle()

    def fault(self, name: str, *, times: int = 1, **options: Any) -> None:
        switches.turn("airtm", name, times=times, options=options)

    def row(self) -> list[str]:
        """available, paying out, unattributed, and Airtm's balance by our books and by Airtm."""
        balance = self.api.seen(f"users/{self.ada}/balance")
        accounts = {
            account.kind: money.text(account.balance)
            for account in Account.objects.of(self.book).filter(subject="")
        }
        enterprise = AirtmEnterprise.objects.get(name="Bazaar")
        theirs = (enterprise.available + enterprise.pending).quantize(Decimal("0.01"))
        return [
            balance["available"], balance["paying_out"], accounts["unattributed"],
            accounts["airtm_float"], str(theirs),
        ]  # fmt: skip

    def settle_finding(self, kind: str) -> None:
        """As people do: the case is closed with its story, and Ada may act again."""
        finding = Finding.objects.of(self.book).get(kind=kind, resolved_at=None)
        with transaction.atomic():
            casework.settle(finding, by=Actor("operator:olga"), reason="she has paid it back")
        User.across_books.filter(pk=self.ada).update(frozen_at=None)

    def is_frozen(self) -> bool:
        return User.across_books.get(pk=self.ada).frozen_at is not None

    def findings(self, *, resolved: bool = False) -> list[str]:
        rows = Finding.objects.of(self.book).filter(resolved_at__isnull=not resolved)
        return sorted(rows.values_list("kind", flat=True))


@pytest.fixture
def airtm(bazaar: Api, worker: Worker, beginnings: Beginnings) -> Airtm:
    def play() -> dict[str, str]:
        return {"ada": Airtm(bazaar, worker).link()}

    return Airtm(bazaar, worker, **beginnings.reach("ada_at_airtm", play))
