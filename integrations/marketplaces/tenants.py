"""Marketplaces: opened once, each with its own book and the accounts that a book has one of."""

from django.db import transaction

from integrations.marketplaces.models import Marketplace
from ledger import chart
from ledger.models import Book


def open_marketplace(*, name: str, mode: str) -> Marketplace:
    """A new tenant; its users, escrows and wallets open their own accounts later."""
    with transaction.atomic():
        book = Book.objects.create(name=name)
        chart.open_accounts(book.pk, [chart.Account(kind) for kind in chart.PER_BOOK])
        return Marketplace.objects.create(book=book, name=name, mode=mode)
