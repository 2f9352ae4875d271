"""How the lower rooms reach the composition root: by the name of a table, never by an import."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


def table(name: str) -> Any:
    """One of the tables of `config/wiring.py`."""
    return import_string(f"{settings.WIRING}.{name}")


def wired(dotted: str) -> Callable[..., Any]:
    """What a dotted name in one of the tables stands for."""
    found: Callable[..., Any] = import_string(dotted)
    return found
