"""The nursery: loads everything once, then brings up one process after the other, to be killed.

Run as `python -m tests.crashes.nursery`. For each line on its input, `worker SCHEDULE` or
`web PORT`, it forks what the launcher would have started, says its process id, waits for its end,
and says so.
"""

import gc
import os
import signal
import sys
from importlib import import_module
from pathlib import Path

import django
from celery import current_app

from config import wiring
from config.standalone.children import die_with

BLOCKING_THREADS = 4
# What a worker would load first of all, which takes it longer than most tests let it live.
OF_CELERY = [
    *("celery.apps.worker", "celery.bin.celery", "celery.concurrency.thread"),
    *("celery.contrib.migrate", "celery.events.receiver", "celery.worker.autoscale"),
    *("celery.worker.components", "celery.worker.consumer", "celery.worker.control"),
    *("celery.worker.strategy", "kombu.transport.redis"),
]


def main() -> None:
    django.setup()
    _load()
    _say("ready")
    for line in sys.stdin:
        nursery = os.getpid()
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)  # whoever kills it kills what it has started, too
            die_with(nursery, signal.SIGKILL)()
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # its words are for the log
            sys.exit(_become(*line.split()))
        _say(str(child))
        os.waitpid(child, 0)
        _say("dead")


def _load() -> None:
    """All that they need; and leave it alone when the children clean up after themselves."""
    current_app.loader.import_default_modules()
    for name in [*OF_CELERY, "config.standalone.worker", "config.standalone.web", "config.urls"]:
        import_module(name)
    for name in [*wiring.ADAPTERS.values(), *wiring.LISTENERS.values()]:
        import_module(name.rpartition(".")[0])
    gc.freeze()


def _become(kind: str, told: str) -> int | None:
    launched = sys.modules[f"config.standalone.{kind}"]
    if kind == "worker":
        code: int = launched.main(Path(told))
        return code
    launched.main(port=int(told), threads=BLOCKING_THREADS)
    return None


def _say(word: str) -> None:
    print(word, flush=True)


if __name__ == "__main__":
    main()
