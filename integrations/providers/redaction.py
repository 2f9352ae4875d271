"""What may be kept of a conversation: no secret, no whole e-mail address, nothing endless."""

import re
from collections.abc import Iterable
from typing import Any

from integrations.providers import exactjson

HIDDEN = "[redacted]"
KEPT = 8_000  # characters of one body

_SECRET_NAME = re.compile(
    r"secret|password|authorization|token|api_?key|private_?key|seed|mnemonic|kyc", re.IGNORECASE
)
_EMAIL = re.compile(r"([\w.+-])[\w.+-]{0,63}(@|%40)([\w-][\w.-]*)")
_STELLAR_SECRET = re.compile(r"\bS[A-Z2-7]{55}\b")


def body(value: Any, *, secrets: Iterable[str] = ()) -> str:
    """The text to keep of a parsed JSON body."""
    try:
        return text(exactjson.write(_without_secrets(value)), secrets=secrets)
    except RecursionError:
        return "[nested too deeply to be kept]"


def text(value: str, *, secrets: Iterable[str] = ()) -> str:
    """The text to keep of anything else."""
    for secret in filter(None, secrets):
        value = value.replace(secret, HIDDEN)
    value = _STELLAR_SECRET.sub(HIDDEN, value)
    if "@" in value or "%40" in value:  # to look for one letter by letter takes long
        value = _EMAIL.sub(r"\1***\2\3", value)
    return storable(value)[:KEPT]


def storable(value: str) -> str:
    """`value` as PostgreSQL can keep it: without NUL and without half a surrogate pair."""
    return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: HIDDEN if _SECRET_NAME.search(name) else _without_secrets(item)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without_secrets(item) for item in value]
    return value
