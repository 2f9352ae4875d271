"""Wallets: who has which Stellar account; made when first needed, or taken over with its secret."""

from typing import Any, cast

from django.db import IntegrityError, transaction
from django.db.models import Q

from integrations.providers.models import Address, Wallet
from integrations.providers.stellar import signer
from ledger import chart, clock
from ledger.atomicity import require_transaction
from ledger.events import Actor
from ledger.fields import new_id

Role = Wallet.Role
Status = Wallet.Status


def ensure(*, book: int, holder: str, by: Actor) -> Wallet:
    """The wallet of a user, made with a fresh key if there is none. Joins the caller's transaction.

    It is CREATING until the chain shows it; nobody is told its address before.
    """
    require_transaction()
    return held_by(book=book, holder=holder) or _create(book, holder, by)


def adopt(*, book: int, role: str, secret: str, by: Actor) -> Wallet:
    """Take over an account of the platform's own, which exists on the chain, with its secret."""
    require_transaction()
    wallet = new_id("wal")
    address, sealed_key = signer.known_key(secret, wallet=wallet)
    known = Wallet.objects.of(book).filter(address=address, role=role).first()
    if known is not None:
        return cast("Wallet", known)
    facts = {"id": wallet, "address": address, "sealed_key": sealed_key}
    return _open(book, role=role, status=Status.READY, by=by, **facts)


def held_by(*, book: int, holder: str) -> Wallet | None:
    """The wallet of a user."""
    return Wallet.objects.of(book).filter(holder=holder, role=Role.USER).first()


def of_role(*, book: int, role: str) -> Wallet:
    """The wallet in which the platform plays `role`. Raises `Wallet.DoesNotExist`."""
    return cast("Wallet", Wallet.objects.of(book).filter(role=role).earliest("created_at"))


def treasury(book: int) -> Wallet:
    """The platform's own wallet: it pays fees and reserves. Raises `Wallet.DoesNotExist`."""
    return of_role(book=book, role=Role.TREASURY)


def freeze(subject: str) -> None:
    """Keep the key of a wallet, named by id or address, from being used; what arrives is booked."""
    rows = Wallet.across_books.filter(Q(pk=subject) | Q(address=subject), frozen_at=None)
    rows.update(frozen_at=clock.now())


def with_address(*, book: int, address: str) -> Wallet:
    """The wallet whose key signs for `address`. Raises `Wallet.DoesNotExist`."""
    return cast("Wallet", Wallet.objects.of(book).get(address=address))


def _create(book: int, holder: str, by: Actor) -> Wallet:
    wallet = new_id("wal")
    address, sealed_key = signer.new_key(wallet=wallet)
    facts = {"id": wallet, "address": address, "sealed_key": sealed_key}
    try:
        with transaction.atomic():
            return _open(book, holder=holder, role=Role.USER, by=by, **facts)
    except IntegrityError:
        found = held_by(book=book, holder=holder)
        if found is None:
            raise
        return found  # somebody was faster; the fresh key is forgotten unused


def _open(book: int, *, by: Actor, **facts: Any) -> Wallet:
    wallet = Wallet.start(book_id=book, by=by, **facts)
    Address.across_books.create(
        book_id=book, address=wallet.address, role=wallet.role, subject=wallet.id
    )
    chart.open_accounts(book, [chart.wallet(wallet.address)], owner=wallet.holder)
    return wallet
