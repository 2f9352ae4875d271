"""The Celery app: it finds each app's `tasks.py` and reads its settings from Django's."""

import os
import time
from typing import Any

import structlog
from celery import Celery, Task
from celery.app.amqp import AMQP
from kombu import Connection
from structlog.contextvars import bound_contextvars

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

log = structlog.get_logger("offerhub.task")


class Told(Task):  # type: ignore[misc]
    """A task with one log line about what it was asked for; the clockwork's own are silent."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # A worker finds headers of ours among the message's own; `apply` keeps them apart.
        told = {**(self.request.headers or {}), **vars(self.request)}
        request_id = told.get("request_id")
        subject = kwargs.get("subject")
        with bound_contextvars(**{"request_id": request_id} if request_id else {}):
            started = time.monotonic()
            done = super().__call__(*args, **kwargs)
            if subject:
                milliseconds = round((time.monotonic() - started) * 1000)
                log.info("task", task=self.name, subject=subject, milliseconds=milliseconds)
            return done


class Steady(Connection):
    """A connection that may be away for as long as it likes: tried again every second, for ever."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        """By default the pause grows to half a minute, and work would wait as long for nothing."""
        pauses = {"interval_start": 1, "interval_step": 1, "interval_max": 1}
        return super().ensure_connection(*args, **{**options, **pauses})

    def _do_close_transport(self) -> None:
        """Kombu cuts the tie from the transport to its connection as well, which channels that are
        still held follow: a task that ends after a loss, or messages that are handed back, then
        meet an AttributeError, which ends the worker. With the tie they meet a lost connection.
        """
        self._transport = None


class Messages(AMQP):  # type: ignore[misc]
    Connection = Steady


app = Celery("offerhub", task_cls=Told, amqp=Messages)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
