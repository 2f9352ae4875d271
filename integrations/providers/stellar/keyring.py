"""Sealing: a random data key per secret, itself wrapped by a key-encryption key of the keyring.

Both layers are AES-256-GCM and bound to whose secret it is, so that a sealed value opens only in
the row that it was made for. Packed into one value, each field after a byte with its length:
scheme, id of the key-encryption key, nonce and wrapped data key, nonce and sealed secret.
"""

import base64
import binascii
import json
import os
from functools import lru_cache
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SCHEME = b"1"
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16

_WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES


class CannotOpen(Exception):
    """The sealed value is damaged, of another row, or sealed with a key that we do not have."""


class KeyWrapper(Protocol):
    """Whoever keeps the key-encryption keys; they never leave it."""

    def wrap(self, key: bytes, *, bound_to: bytes) -> tuple[str, bytes]:
        """The id of the key-encryption key now in use, and the data key wrapped with it."""

    def unwrap(self, wrapped: bytes, *, key_id: str, bound_to: bytes) -> bytes:
        """The data key. Raises `CannotOpen`."""


class EnvironmentKeyring:
    """Key-encryption keys written `id:base64,id:base64`: the first one seals, all of them open."""

    def __init__(self, text: str) -> None:
        self._keys = dict(_parse(part) for part in text.split(",") if part.strip())
        if not self._keys:
            raise ImproperlyConfigured("WALLET_KEYRING is empty; it must name at least one key")

    def wrap(self, key: bytes, *, bound_to: bytes) -> tuple[str, bytes]:
        key_id = next(iter(self._keys))
        return key_id, _encrypt(self._keys[key_id], key, _bound(bound_to, key_id.encode()))

    def unwrap(self, wrapped: bytes, *, key_id: str, bound_to: bytes) -> bytes:
        if key_id not in self._keys:
            raise CannotOpen(f"the keyring has no key '{key_id}'")
        return _decrypt(self._keys[key_id], wrapped, _bound(bound_to, key_id.encode()))


def seal(secret: bytes, *, owner: tuple[str, ...], wrapper: KeyWrapper | None = None) -> bytes:
    """The sealed form of `secret`; it opens only for the same `owner`."""
    bound_to = _bound(SCHEME, *(part.encode() for part in owner))
    data_key = os.urandom(KEY_BYTES)
    key_id, wrapped = (wrapper or keyring()).wrap(data_key, bound_to=bound_to)
    name = key_id.encode()
    return SCHEME + bytes([len(name)]) + name + wrapped + _encrypt(data_key, secret, bound_to)


def unseal(
    sealed: bytes | memoryview, *, owner: tuple[str, ...], wrapper: KeyWrapper | None = None
) -> bytes:
    """The secret. Raises `CannotOpen`."""
    bound_to = _bound(SCHEME, *(part.encode() for part in owner))
    key_id, wrapped, body = _unpack(bytes(sealed))
    data_key = (wrapper or keyring()).unwrap(wrapped, key_id=key_id, bound_to=bound_to)
    return _decrypt(data_key, body, bound_to)


def seal_json(value: Any, *, owner: str) -> bytes:
    """Credentials, sealed for the account with the id `owner`."""
    return seal(json.dumps(value).encode(), owner=("account", owner))


def unseal_json(sealed: bytes | memoryview, *, owner: str) -> Any:
    """What `seal_json` sealed. Raises `CannotOpen`."""
    return json.loads(unseal(sealed, owner=("account", owner)))


def keyring() -> KeyWrapper:
    """The keyring of this installation."""
    return _from_environment(settings.WALLET_KEYRING)


@lru_cache(maxsize=4)
def _from_environment(text: str) -> EnvironmentKeyring:
    return EnvironmentKeyring(text)


def _parse(part: str) -> tuple[str, bytes]:
    key_id, _, encoded = part.strip().partition(":")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as flaw:
        raise ImproperlyConfigured(f"WALLET_KEYRING: '{key_id}' is not base64") from flaw
    if len(key) != KEY_BYTES or not 0 < len(key_id.encode()) < 256:
        raise ImproperlyConfigured(f"WALLET_KEYRING: '{key_id}' is no id with a 32-byte key")
    return key_id, key


def _unpack(sealed: bytes) -> tuple[str, bytes, bytes]:
    if len(sealed) < 2 or sealed[:1] != SCHEME:
        raise CannotOpen("the value is not sealed in a way that this version knows")
    start = 2 + sealed[1]
    try:
        key_id = sealed[2:start].decode()
    except UnicodeDecodeError as flaw:
        raise CannotOpen("the value is damaged") from flaw
    return key_id, sealed[start : start + _WRAPPED_BYTES], sealed[start + _WRAPPED_BYTES :]


def _bound(*parts: bytes) -> bytes:
    """Length before content, so that no two lists of parts read alike."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _encrypt(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def _decrypt(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise CannotOpen("the value is too short")
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except InvalidTag as flaw:
        raise CannotOpen("the value is damaged, or belongs to another row") from flaw
