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
    """Tries the broker again every 2 s. By default the pause grows to half a minute, and work that
    waits for the broker's return would wait as long after it."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        pauses = {"interval_start": 2, "interval_step": 2, "interval_max": 0}
        return super().ensure_connection(*args, **{**options, **pauses})


class Messages(AMQP):  # type: ignore[misc]
    Connection = Steady


app = Celery("offerhub", task_cls=Told, amqp=Messages)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
