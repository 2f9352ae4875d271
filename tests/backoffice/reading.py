"""Operators who read pages, and where the pages are."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.auth.models import User as Operator
from django.test import Client
from django.urls import reverse

from tests.house import House


def page(act: str, model: Any, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{act}", args=args)


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


@pytest.fixture
def otto(house: House) -> Client:
    """He may look."""
    return signed_in("otto", is_superuser=False)


@pytest.fixture
def root(house: House) -> Client:
    return signed_in("root", is_superuser=True)


def signed_in(name: str, *, is_superuser: bool) -> Client:
    operator = Operator.objects.create_user(name, is_staff=True, is_superuser=is_superuser)
    operator.groups.add(Group.objects.get(name="Viewer"))
    client = Client()
    client.force_login(operator)
    return client
