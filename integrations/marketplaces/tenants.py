"""Marketplaces: opened once, each with its own book, and configured by operators."""

from typing import Any

from django.db import transaction

from integrations.marketplaces.models import Marketplace
from ledger import chart, events
from ledger.atomicity import require_transaction
from ledger.events import Actor
from ledger.models import Book


def open_marketplace(*, name: str, mode: str) -> Marketplace:
    """A new tenant; its users, escrows and wallets open their own accounts later."""
    with transaction.atomic():
        book = Book.objects.create(name=name)
        chart.open_accounts(book.pk, [chart.Account(kind) for kind in chart.PER_BOOK])
        return Marketplace.objects.create(book=book, name=name, mode=mode)


def configure(marketplace: Marketplace, *, by: Actor, **settings: Any) -> Marketplace:
    """Change settings of a marketplace, with an event that says from what and by whom.

    Raises `IntegrityError` for settings that the database does not allow.
    """
    require_transaction()
    row = Marketplace.objects.select_for_update().get(pk=marketplace.pk)
    changed = {name: value for name, value in settings.items() if getattr(row, name) != value}
    if not changed:
        return row
    previous = {name: getattr(row, name) for name in changed}
    Marketplace.objects.filter(pk=row.pk).update(**changed)
    row.refresh_from_db()
    events.record(row.book_id, "marketplace.configured", row, by=by, previous=previous)
    return row
