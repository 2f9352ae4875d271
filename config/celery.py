"""The Celery app: it finds each app's `tasks.py` and reads its settings from Django's."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("offerhub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
