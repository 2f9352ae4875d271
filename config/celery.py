"""The Celery app: it finds each app's `tasks.py` and reads its settings from Django's."""

import os
import time
from typing import Any

import structlog
from celery import Celery, Task
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


app = Celery("offerhub", task_cls=Told)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
