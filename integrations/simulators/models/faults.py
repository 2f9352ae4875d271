"""Faults: what a pretended provider is to do wrong, and how often still."""

from django.db import models
from django.db.models import Q


class Fault(models.Model):
    """One switched-on fault; it is spent when `times_left` reaches zero."""

    provider = models.CharField(max_length=20)
    name = models.CharField(max_length=40)
    times_left = models.IntegerField()
    options = models.JSONField(default=dict)  # what the fault's own description says
    switched_on_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "name"], name="one_fault_of_a_name"),
            models.CheckConstraint(condition=Q(times_left__gt=0), name="a_fault_is_not_spent"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.name} × {self.times_left}"
