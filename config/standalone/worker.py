"""The Celery worker with beat as one of its threads: one process instead of two."""

import sys
from pathlib import Path

from celery.beat import EmbeddedService

from config.celery import app
from config.timekeeper import Timekeeper

# There is no other worker to gossip with, and the broker is on this machine.
ALONE = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True}
OPTIONS = {"pool_cls": "threads", "concurrency": 4, "loglevel": "WARNING", **ALONE}


def main(schedule: Path) -> int:
    """Run until SIGTERM, which lets the tasks that run come to their end; returns the exit code."""
    files = {"scheduler_cls": Timekeeper, "schedule_filename": str(schedule)}
    EmbeddedService(app, thread=True, **files).start()
    worker = app.Worker(**OPTIONS)
    worker.start()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
