"""The composition root as an app (commands, service routes), and its admin site."""

from django.apps import AppConfig
from django.contrib.admin import apps

# Every process publishes wake-ups, so every process must know our Celery app. It is not imported in
# `config/__init__`, which the launcher passes through without wanting any of this.
from config import celery  # noqa: F401


class Config(AppConfig):
    name = "config"


class BackOffice(apps.AdminConfig):
    default_site = "config.backoffice.Site"
    default = False
