"""The composition root as an app (commands, service routes), and its admin site."""

from django.apps import AppConfig
from django.contrib.admin import apps


class Config(AppConfig):
    name = "config"


class BackOffice(apps.AdminConfig):
    default_site = "config.backoffice.Site"
    default = False
