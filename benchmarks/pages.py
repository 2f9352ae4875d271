"""The pages of the back office, all of them: found by following them as an operator would."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib import admin
from django.urls import reverse

# Reads an address, and answers with the page.
Read = Callable[[str], str]

_ALONE = ("index", "search", "second-factor", "password_change")
_CHOICE = re.compile(r'href="\?([^"]+)"')


def visit(read: Read) -> None:
    """The desk, and each kind of record: its list, one of them, and what can be decided about it.

    A list is read whole, with a choice of each of its filters, and searched.
    """
    for name in _ALONE:
        read(reverse(f"admin:{name}"))
    for model in sorted(admin.site._registry, key=lambda model: model._meta.label):
        _visit_kind(read, model)


def _visit_kind(read: Read, model: Any) -> None:
    place = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    listed = read(place)
    if chosen := _choices(listed):
        read(f"{place}?{urlencode(chosen)}")
    if admin.site.get_model_admin(model).search_fields:
        read(f"{place}?q=nobody")
    found = re.search(rf'href="({place}[^"/]+/change/)', listed)
    if found is None:
        return
    shown = read(found[1])
    for decision in sorted(set(re.findall(r'href="(/admin/decide/[^"]+)"', shown))):
        read(decision)


def _choices(listed: str) -> dict[str, str]:
    """The last choice that each filter offers, and no order."""
    return {name: value for name, value in _links(listed) if name not in {"o", "p", "all", "q"}}


def _links(listed: str) -> Iterator[tuple[str, str]]:
    for query in _CHOICE.findall(listed):
        yield from parse_qsl(unescape(query))
