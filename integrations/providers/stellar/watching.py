"""Watching the chain: what is looked at every second, beside the sweep and independent of it."""

import logging
from collections.abc import Callable
from datetime import timedelta

from integrations.providers.models import Submission
from integrations.providers.stellar import feed, sending
from ledger import clock

log = logging.getLogger(__name__)

FRESH = timedelta(seconds=30)  # older ones are left to the sweep's slower step


def look_up_submissions() -> int:
    """Look up what was handed in lately and has no end yet; returns how many."""
    now = clock.now()
    fresh = Submission.across_books.filter(
        status=Submission.Status.SENT,
        status_since__range=(now - FRESH, now - timedelta(seconds=1)),
    )
    waiting = list(fresh.values_list("pk", flat=True))
    for submission_id in waiting:
        try:
            sending.send(submission_id)
        except Exception:
            log.exception("%s could not be looked up", submission_id)
    return len(waiting)


# Each returns how much it looked at.
WATCHES: list[Callable[[], int]] = [feed.follow, look_up_submissions]
