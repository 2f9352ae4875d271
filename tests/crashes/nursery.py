"""The nursery: loads everything once, then brings up one worker after the other, each a process.

Run as `python -m tests.crashes.nursery SCHEDULE`. For each line on its input it forks a worker,
says that one's process id, waits for its end, and says so. What it forks is the launcher's worker.
"""

import os
import signal
import sys
from pathlib import Path

import django
from celery import current_app

from config.standalone import worker
from config.standalone.children import die_with


def main(schedule: Path) -> None:
    django.setup()
    current_app.loader.import_default_modules()
    _say("ready")
    for _ in sys.stdin:
        nursery = os.getpid()
        child = os.fork()
        if child == 0:
            die_with(nursery, signal.SIGKILL)()
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # its words are for the log
            sys.exit(worker.main(schedule))
        _say(str(child))
        os.waitpid(child, 0)
        _say("dead")


def _say(word: str) -> None:
    print(word, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
