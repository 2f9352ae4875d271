"""Sealing: what is sealed opens for its own row, with any key of the ring, and nowhere else."""

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured

from integrations.providers.stellar.key_wrappers import CannotOpen, EnvironmentKeyring
from integrations.providers.stellar.keyring import seal, unseal

OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()
OTHER = "old:" + base64.b64encode(b"x" * 32).decode()
ADA = ("wallet", "wal_ada", "GADA")
BEN = ("wallet", "wal_ben", "GBEN")
SEED = bytes(range(32))


def test_what_is_sealed_opens_for_its_owner() -> None:
    ring = EnvironmentKeyring(OLD)
    assert unseal(seal(SEED, owner=ADA, wrapper=ring), owner=ADA, wrapper=ring) == SEED


def test_two_seals_of_one_secret_have_nothing_in_common() -> None:
    ring = EnvironmentKeyring(OLD)
    first, second = (seal(SEED, owner=ADA, wrapper=ring) for _ in range(2))
    assert first != second
    assert SEED not in first


@pytest.mark.parametrize(
    "owner", [BEN, ("wallet", "wal_ada", "GBEN"), ("wallet", "wal_adaG", "ADA"), ("account", "x")]
)
def test_a_value_moved_to_another_row_does_not_open(owner: tuple[str, ...]) -> None:
    ring = EnvironmentKeyring(OLD)
    with pytest.raises(CannotOpen):
        unseal(seal(SEED, owner=ADA, wrapper=ring), owner=owner, wrapper=ring)


def test_the_first_key_seals_and_all_of_them_open() -> None:
    sealed_before = seal(SEED, owner=ADA, wrapper=EnvironmentKeyring(OLD))
    both = EnvironmentKeyring(f"{NEW},{OLD}")
    sealed_after = seal(SEED, owner=ADA, wrapper=both)
    assert unseal(sealed_before, owner=ADA, wrapper=both) == SEED
    assert unseal(sealed_after, owner=ADA, wrapper=EnvironmentKeyring(NEW)) == SEED
    with pytest.raises(CannotOpen, match="no key 'new'"):
        unseal(sealed_after, owner=ADA, wrapper=EnvironmentKeyring(OLD))


def test_another_key_under_the_same_id_does_not_open() -> None:
    sealed = seal(SEED, owner=ADA, wrapper=EnvironmentKeyring(OLD))
    with pytest.raises(CannotOpen):
        unseal(sealed, owner=ADA, wrapper=EnvironmentKeyring(OTHER))


def test_every_damaged_byte_is_noticed() -> None:
    ring = EnvironmentKeyring(OLD)
    sealed = seal(SEED, owner=ADA, wrapper=ring)
    for place in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[place] ^= 1
        with pytest.raises(CannotOpen):
            unseal(bytes(damaged), owner=ADA, wrapper=ring)


@pytest.mark.parametrize("length", [0, 1, 5, 40, 64, 100])
def test_a_cut_value_does_not_open(length: int) -> None:
    ring = EnvironmentKeyring(OLD)
    with pytest.raises(CannotOpen):
        unseal(seal(SEED, owner=ADA, wrapper=ring)[:length], owner=ADA, wrapper=ring)


@pytest.mark.parametrize("text", ["", " , ", "a:AAAA", "nothing", ":" + "A" * 43 + "=", "a:*"])
def test_a_keyring_that_is_none_is_refused_at_once(text: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        EnvironmentKeyring(text)
