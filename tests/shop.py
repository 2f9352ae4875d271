"""The cast without servers: Bazaar and Stranger with users and money, spoken to through Django's
test client. What would need a provider is told to the operations as the provider's answer."""

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from stellar_sdk import Keypair

from integrations.marketplaces import keys, tenants, users
from integrations.marketplaces.models import Marketplace, User
from integrations.providers.answers import Done
from integrations.providers.models import AirtmLink, Wallet
from integrations.providers.ports import Payin, PayinStatus
from integrations.providers.stellar import wallets
from ledger.events import SYSTEM
from ledger.models import Event
from ledger.money import parse
from payments import topups
from payments.models import Order, TopUp
from withdrawals.models import Withdrawal

_numbers = itertools.count(1)


@dataclass
class Shop:
    """A marketplace and its backend, which makes one fresh idempotency key per write."""

    marketplace: Marketplace
    token: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    @property
    def book(self) -> int:
        return int(self.marketplace.book_id)

    def get(self, path: str, *, token: str = "", **headers: str) -> HttpResponse:
        return self.client.get(f"/api/v1/{path}", headers=self._signed(token, headers))

    def post(
        self, path: str, body: Any = None, *, key: str | None = "", token: str = "", **headers: str
    ) -> HttpResponse:
        """A write; `key=None` leaves the Idempotency-Key out."""
        return self.send(path, json.dumps(body or {}), key=key, token=token, **headers)

    def ask(self, method: str, path: str, body: Any = None, *, token: str = "") -> HttpResponse:
        """Any method; a POST with a fresh Idempotency-Key."""
        if method == "get":
            return self.get(path, token=token)
        if method == "post":
            return self.post(path, body, token=token)
        return getattr(self.client, method)(
            f"/api/v1/{path}",
            data=json.dumps(body or {}),
            content_type="application/json",
            headers=self._signed(token, {}),
        )

    def send(
        self,
        path: str,
        body: str | bytes,
        *,
        key: str | None = "",
        token: str = "",
        content_type: str = "application/json",
        **headers: str,
    ) -> HttpResponse:
        """A write with this very text as its body."""
        if key is not None:
            headers["Idempotency-Key"] = key or f"{self.marketplace.name}-{next(_numbers)}"
        return self.client.post(
            f"/api/v1/{path}",
            data=body,
            content_type=content_type,
            headers=self._signed(token, headers),
        )

    def key(self, *scopes: str) -> str:
        """Another key of this marketplace."""
        return keys.create(self.marketplace, name="another", scopes=list(scopes))[1]

    def user(self, name: str, *, linked: bool = True) -> User:
        with transaction.atomic():
            user, _ = users.create(
                book=self.book, external_id=name, type="BOTH", by=SYSTEM, email=""
            )
            if linked:
                link = AirtmLink.start(
                    by=SYSTEM, book_id=self.book, holder=user.id, email=f"{name}@example.com"
                )
                link.advance(link.Status.LINKED, by=SYSTEM, reference=f"airtm-{user.id}")
        return user

    def fund(self, user: User, amount: str) -> TopUp:
        """Airtm says that a top-up was paid, without a fee."""
        with transaction.atomic():
            topup = topups.create(user, by=SYSTEM, amount=parse(amount))
        topups.absorb(topup, Done(paid(topup)))
        return topup

    def order(self, buyer: User, seller: User, amount: str = "10.00") -> Order:
        body = {**terms(buyer, seller), "amount": amount}
        return Order.across_books.get(pk=made(self.post("orders", body))["id"])

    def withdrawal(self, user: User, amount: str = "1.00") -> Withdrawal:
        """One whose recipient has been found at Airtm."""
        body = {"user_id": user.id, "amount": amount, "destination": {"type": "AIRTM"}}
        row = Withdrawal.across_books.get(pk=made(self.post("withdrawals", body))["id"])
        with transaction.atomic():
            row.advance(row.Status.CREATED, by=SYSTEM)
        return row

    def available(self, user: User) -> str:
        return str(self.balance(user)["available"])

    def balance(self, user: User) -> Any:
        return made(self.get(f"users/{user.id}/balance"))

    def events(self) -> int:
        return Event.objects.of(self.book).count()

    def _signed(self, token: str, headers: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self.token}", **headers}


def open_shop(name: str) -> Shop:
    """A marketplace with its key and the platform's three wallets."""
    marketplace = tenants.open_marketplace(name=name, mode="test")
    with transaction.atomic():
        for role in (Wallet.Role.TREASURY, Wallet.Role.FEES, Wallet.Role.RESOLVER):
            secret = Keypair.random().secret
            wallets.adopt(book=marketplace.book_id, role=role, secret=secret, by=SYSTEM)
    return Shop(marketplace, keys.create(marketplace, name="tests")[1])


def terms(buyer: User, seller: User) -> dict[str, str]:
    """What an order must say."""
    return {
        "buyer_id": buyer.id,
        "seller_id": seller.id,
        "amount": "10.00",
        "currency": "USD",
        "title": "A logo",
    }


def paid(topup: TopUp) -> Payin:
    return Payin(
        reference=f"payin-{topup.id}",
        code=topup.id,
        status=PayinStatus.SUCCEEDED,
        amount=topup.amount,
        net_amount=topup.amount,
        fee=0,
        payer_email="ada@example.com",
        reason="",
        confirmation_url="https://airtm.example/payin",
    )


def made(answer: HttpResponse) -> Any:
    """The resource in an answer that must be a success."""
    assert 200 <= answer.status_code < 300, answer.content
    return json.loads(answer.content)


def refused(answer: HttpResponse, status: int, code: str) -> Any:
    """The details of a refusal, which must be this one, in the envelope of every error."""
    assert answer.status_code == status, answer.content
    body = json.loads(answer.content)
    assert set(body) == {"error"}
    error = body["error"]
    assert set(error) == {"code", "message", "details", "request_id"}
    assert error["code"] == code, error
    assert error["message"]
    assert error["request_id"] == answer["X-Request-ID"]
    return error["details"]


def refused_field(answer: HttpResponse, field: str, code: str) -> None:
    """A 400 that names this field, alone, with this code."""
    fields = refused(answer, 400, "VALIDATION_ERROR")["fields"]
    assert [(one["field"], one["code"]) for one in fields] == [(field, code)]


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop("Bazaar")


@pytest.fixture
def other_shop(shop: Shop) -> Shop:
    return open_shop("Stranger")


@pytest.fixture
def ada(shop: Shop) -> User:
    return shop.user("ada")


@pytest.fixture
def ben(shop: Shop) -> User:
    return shop.user("ben")
