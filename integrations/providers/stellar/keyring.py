"""Sealing: a random data key per secret, itself wrapped by a key-encryption key of the keyring.

Both layers are AES-256-GCM and bound to whose secret it is, so that a sealed value opens only in
the row that it was made for. Packed into one value, each field after a byte with its length:
scheme, id of the key-encryption key, nonce and wrapped data key, nonce and sealed secret.
"""

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from integrations.providers.stellar.key_wrappers import (
    KEY_BYTES,
    WRAPPED_BYTES,
    CannotOpen,
    EnvironmentKeyring,
    KeyWrapper,
    MountedKeyring,
    bound,
    decrypt,
    encrypt,
)

SCHEME = b"1"


def seal(secret: bytes, *, owner: tuple[str, ...], wrapper: KeyWrapper | None = None) -> bytes:
    """The sealed form of `secret`; it opens only for the same `owner`."""
    bound_to = _bound_to(owner)
    data_key = os.urandom(KEY_BYTES)
    return _packed(data_key, encrypt(data_key, secret, bound_to), bound_to, wrapper or keyring())


def unseal(
    sealed: bytes | memoryview, *, owner: tuple[str, ...], wrapper: KeyWrapper | None = None
) -> bytes:
    """The secret. Raises `CannotOpen`."""
    bound_to = _bound_to(owner)
    key_id, wrapped, body = _unpack(bytes(sealed))
    data_key = (wrapper or keyring()).unwrap(wrapped, key_id=key_id, bound_to=bound_to)
    return decrypt(data_key, body, bound_to)


def rewrap(
    sealed: bytes | memoryview, *, owner: tuple[str, ...], wrapper: KeyWrapper | None = None
) -> bytes:
    """The same sealed secret, its data key wrapped by the first key. Raises `CannotOpen`."""
    wrapper, bound_to = wrapper or keyring(), _bound_to(owner)
    key_id, wrapped, body = _unpack(bytes(sealed))
    data_key = wrapper.unwrap(wrapped, key_id=key_id, bound_to=bound_to)
    decrypt(data_key, body, bound_to)  # what is damaged is left as it is, for a person to see
    return _packed(data_key, body, bound_to, wrapper)


def seal_json(value: Any, *, owner: str) -> bytes:
    """Credentials, sealed for the account with the id `owner`."""
    return seal(json.dumps(value).encode(), owner=account_owner(owner))


def unseal_json(sealed: bytes | memoryview, *, owner: str) -> Any:
    """What `seal_json` sealed. Raises `CannotOpen`."""
    return json.loads(unseal(sealed, owner=account_owner(owner)))


def account_owner(account: str) -> tuple[str, ...]:
    """Whose the credentials of this provider account are, as sealing needs to know it."""
    return ("account", account)


def keyring() -> KeyWrapper:
    """The keyring of this installation. Raises `ImproperlyConfigured`."""
    if settings.WALLET_KEYRING_FILE:
        return _mounted(settings.WALLET_KEYRING_FILE)
    return _from_environment(settings.WALLET_KEYRING)


@lru_cache(maxsize=4)
def _from_environment(text: str) -> EnvironmentKeyring:
    return EnvironmentKeyring(text)


@lru_cache(maxsize=4)
def _mounted(path: str) -> MountedKeyring:
    return MountedKeyring(Path(path))


def _bound_to(owner: tuple[str, ...]) -> bytes:
    return bound(SCHEME, *(part.encode() for part in owner))


def _packed(data_key: bytes, body: bytes, bound_to: bytes, wrapper: KeyWrapper) -> bytes:
    key_id, wrapped = wrapper.wrap(data_key, bound_to=bound_to)
    name = key_id.encode()
    return SCHEME + bytes([len(name)]) + name + wrapped + body


def _unpack(sealed: bytes) -> tuple[str, bytes, bytes]:
    if len(sealed) < 2 or sealed[:1] != SCHEME:
        raise CannotOpen("the value is not sealed in a way that this version knows")
    start = 2 + sealed[1]
    try:
        key_id = sealed[2:start].decode()
    except UnicodeDecodeError as flaw:
        raise CannotOpen("the value is damaged") from flaw
    return key_id, sealed[start : start + WRAPPED_BYTES], sealed[start + WRAPPED_BYTES :]
