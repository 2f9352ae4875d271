"""How values look to operators: dollars, UTC, statuses with a colour, and ids that are links.

A room further up is found by what it registered: the prefix of a public id leads to its page.
"""

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from . import money
from .fields import Amount, PublicId
from .lifecycle import Lifecycle

NOTHING = "–"

# A public id, an address on the chain, or a hash.
_NAME = re.compile(r"\b([a-z]{2,6}(?:_[a-z]+)*_[0-9A-Z]{26}|[A-Z2-7]{56}|[0-9a-f]{64})\b")
_BAD = {"FAILED", "REJECTED", "EXPIRED", "REFUSED", "FORGED", "SUSPENDED"}
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\],:]|[^\s{}\[\],:"]+')

Ids = Callable[
    [str], str
]  # how a text with ids in it is written: `linked`, `in_short`, `with_title`


def shown(field: Any, row: Any, ids: Ids) -> Any:
    """What a page shows of one field of a row."""
    value = getattr(row, field.name)
    if isinstance(field, models.BooleanField):
        return value
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(field, models.CharField) and field.name in {"status", "verdict"}:
        return badge(row, value)
    return _by_type(field, value, ids)


def _by_type(field: Any, value: Any, ids: Ids) -> Any:
    if isinstance(field, PublicId) and ids is linked:
        return value  # its own page needs no link to itself
    match field:
        case models.ForeignKey():
            shown_as = page_of(value, str(value) if ids is linked else brief(str(value)))
        case Amount():
            shown_as = dollars(value)
        case models.DateTimeField():
            shown_as = moment(value)
        case models.JSONField():
            shown_as = block(structure(value))
        case _:
            shown_as = ids(", ".join(value) if isinstance(value, list) else str(value))
    return shown_as


def dollars(amount: int) -> str:
    """An amount of stroops for people to read, its digits aligned."""
    return format_html('<span class="record-amount">{}</span>', money.text(amount))


def moment(value: datetime) -> str:
    """A time in UTC, to the second."""
    return format_html(
        '<time class="record-time">{}</time>', f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    )


def badge(row: Any, status: str) -> str:
    """A status, coloured by what it means: ended, ended badly, being asked for, or standing."""
    if status in _BAD:
        tone = "bad"
    elif isinstance(row, Lifecycle) and status in row.STANDS_AT_MOST:
        tone = "asking"
    elif isinstance(row, Lifecycle) and not row.TRANSITIONS[status]:
        tone = "ended"
    else:
        tone = "standing"
    return format_html('<span class="record-badge record-{}">{}</span>', tone, status)


def block(text: str) -> str:
    """A longer text as it was stored, its ids linked."""
    return format_html('<pre class="record-block">{}</pre>', linked(text))


def structure(value: Any) -> str:
    """Stored JSON as text over several lines."""
    return json.dumps(value, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder)


def laid_out(text: str) -> str:
    """JSON over several lines, token by token: no digit changes, and a cut end does no harm."""
    if "\n" in text or not text.startswith(("{", "[")):
        return text
    written, depth = "", 0
    for token in _TOKEN.findall(text):
        if token in "}]":
            depth = max(depth - 1, 0)
            written = f"{written.rstrip()}\n{'  ' * depth}{token}"
        elif token in "{[":
            depth += 1
            written += f"{token}\n{'  ' * depth}"
        else:
            written += {",": f",\n{'  ' * depth}", ":": ": "}.get(token, token)
    return re.sub(r"([{\[])\s+([}\]])", r"\1\2", written)


def entries_table(entries: Iterable[Any]) -> str:
    """Entries with their accounts: debit and credit in two columns, and the balance after."""
    return render_to_string("admin/entries.html", {"entries": [_line(entry) for entry in entries]})


def legs_table(legs: Iterable[Any]) -> str:
    """Entries to be: the same without balances, which nobody knows yet."""
    return render_to_string("admin/entries.html", {"entries": [_leg(leg) for leg in legs]})


def said(comments: Iterable[Any]) -> str:
    """What operators wrote about a case, oldest first."""
    lines = ((moment(one.written_at), one.author, one.body) for one in comments)
    return format_html_join("", "<p>{} <strong>{}</strong><br>{}</p>", lines) or NOTHING


def page_of(record: models.Model, text: str) -> str:
    """A link to a record's page."""
    name = f"admin:{record._meta.app_label}_{record._meta.model_name}_change"
    return _link(reverse(name, args=[record.pk]), text, title=str(record.pk))


def page_with_id(public_id: str) -> str | None:
    """The address of the page of the record with this public id, if there is such a page."""
    page = _pages().get(public_id.rpartition("_")[0])
    return reverse(page, args=[public_id]) if page and _NAME.fullmatch(public_id) else None


def linked(text: str) -> str:
    """A text in which every public id leads to its page."""
    return _each_name(text, write=_to_its_page, shorten=str)


def in_short(text: str) -> str:
    """The same for a list, where an id, a hash or an address shows only its two ends."""
    return _each_name(text, write=_to_its_page, shorten=brief)


def with_title(text: str) -> str:
    """The same without links, for a text that is a link itself."""
    return _each_name(text, write=_titled, shorten=brief)


def brief(text: str) -> str:
    """The same as plain text."""
    return _NAME.sub(lambda found: _ends(found[0]), text)


def _each_name(
    text: str, *, write: Callable[[str, str], str], shorten: Callable[[str], str]
) -> str:
    pieces = _NAME.split(text)  # every second one is a name
    written = (
        write(piece, shorten(piece)) if place % 2 else piece for place, piece in enumerate(pieces)
    )
    return format_html_join("", "{}", ((piece,) for piece in written))


def _ends(name: str) -> str:
    prefix, is_id, _ = name.rpartition("_")
    return f"{prefix + is_id if is_id else name[:4]}…{name[-6:]}"


def _to_its_page(name: str, text: str) -> str:
    page = _pages().get(name.rpartition("_")[0])
    return _link(reverse(page, args=[name]), text, title=name) if page else _titled(name, text)


def _titled(name: str, text: str) -> str:
    return format_html('<span title="{}">{}</span>', name, text)


def _link(url: str, text: str, *, title: str) -> str:
    return format_html('<a class="record-link" href="{}" title="{}">{}</a>', url, title, text)


@cache
def _pages() -> dict[str, str]:
    """The prefix of a public id → the name of the page that shows such a record."""
    return {
        model._meta.pk.prefix: f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        for model in apps.get_models()
        if isinstance(model._meta.pk, PublicId) and admin.site.is_registered(model)
    }


def _leg(leg: Any) -> dict[str, str]:
    return {
        "account": leg.account.kind,
        "subject": in_short(leg.account.subject),
        "debit": dollars(leg.amount) if leg.amount > 0 else "",
        "credit": dollars(-leg.amount) if leg.amount < 0 else "",
    }


def _line(entry: Any) -> dict[str, str]:
    account = entry.account
    return {
        "account": page_of(account, account.kind),
        "subject": in_short(account.subject),
        "debit": dollars(entry.amount) if entry.amount > 0 else "",
        "credit": dollars(-entry.amount) if entry.amount < 0 else "",
        "balance_after": dollars(entry.balance_after),
    }
