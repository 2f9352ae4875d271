"""The web server of the sandbox: loaded once, then forked, so that its workers share memory."""

import gc
import os
import signal
import sys
from importlib import import_module
from typing import Any

from granian import Granian
from granian.constants import Interfaces

from config.standalone.children import die_with
from config.standalone.place import seconds_to_stop
from config.wsgi import application

WORKERS = 2


def main(*, port: int, threads: int) -> None:
    """Serve until SIGTERM. A worker that outlived the server would keep the port."""
    server = os.getpid()

    def load() -> Any:
        die_with(server, signal.SIGKILL)()
        return application

    import_module("config.urls")  # else each worker would load them at its first request
    gc.freeze()  # else the first collection in each worker would copy what they share
    granian = Granian(
        "config.wsgi:application",
        interface=Interfaces.WSGI,
        port=port,
        workers=WORKERS,
        blocking_threads=threads,
        workers_kill_timeout=seconds_to_stop(),
    )
    granian.serve(target_loader=load, wrap_loader=False)


if __name__ == "__main__":
    main(port=int(sys.argv[1]), threads=int(sys.argv[2]))
