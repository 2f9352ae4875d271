"""Closings: what a book's day came to, written down once it is over."""

from django.db import models
from django.db.models import Q

from ledger.tenancy import Owned


class ClosingStatus(models.TextChoices):
    CLEAN = "CLEAN"
    OPEN = "OPEN"  # something is: a finding, an overdue answer, a part that nobody has compared


class Closing(Owned):
    """One day (UTC) of one book. Written again it says the same, except about what is overdue."""

    Status = ClosingStatus

    day = models.DateField()
    closed_at = models.DateTimeField()
    sheet = models.JSONField()  # as `ledger.closing` lays it out; amounts are decimal strings
    status = models.CharField(max_length=5, choices=ClosingStatus.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "day"], name="a_day_is_closed_once"),
            models.CheckConstraint(
                condition=Q(status__in=sorted(ClosingStatus.values)),
                name="closing_status_is_legal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.status}"
