"""Key wrappers: who keeps the key-encryption keys – the environment, or a file mounted for us."""

import base64
import binascii
import logging
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import ImproperlyConfigured

log = logging.getLogger(__name__)

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES

_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,60}")
# A group may read, because that is how orchestrators let a process of theirs read a mount.
_FORBIDDEN = stat.S_IWGRP | stat.S_IRWXO


class CannotOpen(Exception):
    """The sealed value is damaged, of another row, or sealed with a key that we do not have."""


class KeyWrapper(Protocol):
    """Whoever keeps the key-encryption keys; they never leave it."""

    def key_ids(self) -> list[str]:
        """The ids of all keys; the first one seals, all of them open."""

    def wrap(self, key: bytes, *, bound_to: bytes) -> tuple[str, bytes]:
        """The id of the key-encryption key now in use, and the data key wrapped with it."""

    def unwrap(self, wrapped: bytes, *, key_id: str, bound_to: bytes) -> bytes:
        """The data key. Raises `CannotOpen`."""


class EnvironmentKeyring:
    """Key-encryption keys written `id:base64,id:base64`."""

    def __init__(self, text: str) -> None:
        self._keys = read_keys(text.split(","), called="WALLET_KEYRING")

    def key_ids(self) -> list[str]:
        return list(self._keys)

    def wrap(self, key: bytes, *, bound_to: bytes) -> tuple[str, bytes]:
        return _wrap(self._keys, key, bound_to)

    def unwrap(self, wrapped: bytes, *, key_id: str, bound_to: bytes) -> bytes:
        return _unwrap(self._keys, wrapped, key_id, bound_to)


class MountedKeyring:
    """Key-encryption keys in a file, one `id:base64` per line; read anew when the file changes.

    A change that cannot be read is logged and leaves the keys as they were: a mistake in the file
    must not stop a running installation. At the start it does. Raises `ImproperlyConfigured`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen, self._keys = _read_file(path)

    def key_ids(self) -> list[str]:
        return list(self._current())

    def wrap(self, key: bytes, *, bound_to: bytes) -> tuple[str, bytes]:
        return _wrap(self._current(), key, bound_to)

    def unwrap(self, wrapped: bytes, *, key_id: str, bound_to: bytes) -> bytes:
        return _unwrap(self._current(), wrapped, key_id, bound_to)

    def _current(self) -> dict[str, bytes]:
        try:
            if _version(self._path) != self._seen:
                self._seen, self._keys = _read_file(self._path)
        except (OSError, ImproperlyConfigured) as flaw:
            log.error("the keyring stays as it was: %s", flaw)
        return self._keys


def read_keys(parts: Iterable[str], *, called: str) -> dict[str, bytes]:
    """The keys, in the order in which they are written. Raises `ImproperlyConfigured`."""
    keys: dict[str, bytes] = {}
    for part in filter(None, (part.strip() for part in parts)):
        key_id, key = _parse(part, called)
        if key_id in keys:
            raise ImproperlyConfigured(f"{called} names the key '{key_id}' twice")
        keys[key_id] = key
    if not keys:
        raise ImproperlyConfigured(f"{called} is empty; it must name at least one key")
    return keys


def encrypt(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """A fresh nonce and the ciphertext, which opens only with the same `bound_to`."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def decrypt(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """What `encrypt` was given. Raises `CannotOpen`."""
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise CannotOpen("the value is too short")
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except InvalidTag as flaw:
        raise CannotOpen("the value is damaged, or belongs to another row") from flaw


def bound(*parts: bytes) -> bytes:
    """Length before content, so that no two lists of parts read alike."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _wrap(keys: dict[str, bytes], key: bytes, bound_to: bytes) -> tuple[str, bytes]:
    key_id = next(iter(keys))
    return key_id, encrypt(keys[key_id], key, bound(bound_to, key_id.encode()))


def _unwrap(keys: dict[str, bytes], wrapped: bytes, key_id: str, bound_to: bytes) -> bytes:
    if key_id not in keys:
        raise CannotOpen(f"the keyring has no key '{key_id}'")
    return decrypt(keys[key_id], wrapped, bound(bound_to, key_id.encode()))


def _parse(part: str, called: str) -> tuple[str, bytes]:
    key_id, colon, encoded = part.partition(":")
    if not colon or not _KEY_ID.fullmatch(key_id):
        # Whatever stands there may be a key: it is not repeated.
        raise ImproperlyConfigured(
            f"{called}: each key is written id:base64, the id in letters, digits, '.', '_' and '-'"
        )
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as flaw:
        raise ImproperlyConfigured(f"{called}: the key '{key_id}' is not base64") from flaw
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(
            f"{called}: the key '{key_id}' has {len(key)} bytes; it must have {KEY_BYTES}"
        )
    return key_id, key


def _read_file(path: Path) -> tuple[tuple[int, ...], dict[str, bytes]]:
    try:
        seen = _version(path)
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _FORBIDDEN:
            raise ImproperlyConfigured(
                f"WALLET_KEYRING_FILE: others may read or change {path} (mode {mode:o});"
                " chmod it to 400"
            )
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as flaw:
        raise ImproperlyConfigured(
            f"WALLET_KEYRING_FILE: {path} cannot be read: {type(flaw).__name__}"
        ) from None
    written = (line for line in lines if not line.lstrip().startswith("#"))
    return seen, read_keys(written, called=f"WALLET_KEYRING_FILE {path}")


def _version(path: Path) -> tuple[int, ...]:
    """Another one once the file, or the link that leads to it, has been replaced or written."""
    now = path.stat()
    return now.st_ino, now.st_mtime_ns, now.st_size
