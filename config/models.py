"""Signs of life of our own processes, so that a stranger to them can tell whether they work.

One row per process name, written again and again; nothing else about a process is stored.
"""

from django.db import models


class Heartbeat(models.Model):
    """When a process was last seen at work."""

    name = models.CharField(max_length=40, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
