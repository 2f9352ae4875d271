"""The composition root as an app (commands, service routes), and its admin site."""

from django.apps import AppConfig
from django.contrib.admin import apps

from config.celery import app


class Config(AppConfig):
    name = "config"
    # Every process publishes wake-ups, so every process must load this. `config/__init__` does not:
    # the launcher passes through there and wants none of it.
    celery = app


class BackOffice(apps.AdminConfig):
    default_site = "config.backoffice.Site"
    default = False
