"""The Celery worker with beat as one of its threads: one process instead of two."""

import sys
from pathlib import Path

from celery.beat import EmbeddedService

from config.celery import app

# There is no other worker to gossip with, and the broker is on this machine.
ALONE = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
OPTIONS = ["--pool=threads", "--concurrency=4", "--loglevel=WARNING", *ALONE]


def main(schedule: Path) -> None:
    """Run until SIGTERM, which lets the tasks that run come to their end."""
    beat = EmbeddedService(app, thread=True, schedule_filename=str(schedule))
    beat.start()
    app.worker_main(["worker", *OPTIONS])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
