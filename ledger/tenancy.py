"""Rows that belong to one book: views reach them only through `objects.of(book)`."""

from typing import Any, ClassVar

from django.db import models


class Unscoped(Exception):
    """Rows of a book were asked for without naming the book."""


class OwnedManager(models.Manager[Any]):
    """Fails closed: nothing but `of` gives rows."""

    def of(self, book: int) -> models.QuerySet[Any]:
        """The rows of one book."""
        return super().get_queryset().filter(book_id=book)

    def get_queryset(self) -> models.QuerySet[Any]:
        raise Unscoped(f"{self.model.__name__}.objects needs .of(book)")


class Owned(models.Model):
    """A row of one book. `across_books` is for operations, sweeps and admin – never for a view."""

    book = models.ForeignKey("ledger.Book", on_delete=models.PROTECT, related_name="+")

    # The first manager is Django's own choice for admin and related rows.
    across_books: ClassVar[models.Manager[Any]] = models.Manager()
    objects: ClassVar[OwnedManager] = OwnedManager()

    class Meta:
        abstract = True
