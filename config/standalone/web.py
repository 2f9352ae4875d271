"""The web application as the launcher serves it: each worker dies with its server."""

import signal
from multiprocessing import parent_process

from config.standalone.children import die_with

server = parent_process()
if server is not None and server.pid is not None:
    die_with(server.pid, signal.SIGKILL)()

from config.wsgi import application  # noqa: E402  last, for it loads all of Django

__all__ = ["application"]
