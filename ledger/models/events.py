"""What happened: one row for audit, outbox, timeline and feed."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from ledger.fields import PublicId, Reference
from ledger.tenancy import Owned


class Event(Owned):
    """What happened: audit row, outbox, timeline and feed in one. Written by `events.record`."""

    id = PublicId("evt")
    sequence = models.BigIntegerField(null=True)  # given after commit, in order, without a gap
    type = models.CharField(max_length=60)
    resource_type = models.CharField(max_length=30)
    resource_id = Reference(db_index=True)
    trail = Reference(db_index=True)
    # The resource after the change, as the API shows it.
    payload = models.JSONField(encoder=DjangoJSONEncoder)
    previous = models.JSONField(encoder=DjangoJSONEncoder)  # the changed fields, before
    actor = Reference()
    reason = models.TextField(blank=True)
    request_id = Reference(db_index=True)
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "sequence"], name="one_event_per_sequence")
        ]
        indexes = [
            models.Index(
                fields=["book", "id"], condition=Q(sequence=None), name="events_not_yet_numbered"
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.resource_id}"
