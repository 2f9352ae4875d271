"""The mounted keyring: a file that only we can read, read anew when it changes."""

import base64
import logging
import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from integrations.providers.stellar.key_wrappers import (
    CannotOpen,
    EnvironmentKeyring,
    KeyWrapper,
    MountedKeyring,
)
from integrations.providers.stellar.keyring import rewrap, seal, unseal

OWNER = ("wallet", "wal_ada", "GADA")
SEED = bytes(range(32))


def key(name: str) -> str:
    return f"{name}:" + base64.b64encode(name.encode()[:1] * 32).decode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "keyring", "# made on Monday", "", key("old"))


def write(path: Path, *lines: str, mode: int = 0o400) -> Path:
    """As a mount changes: a new file in the place of the old one."""
    fresh = path.with_suffix(".fresh")
    fresh.unlink(missing_ok=True)
    fresh.write_text("\n".join(lines) + "\n")
    fresh.chmod(mode)
    os.replace(fresh, path)
    return path


@pytest.mark.parametrize("kind", ["environment", "mounted"])
def test_both_kinds_keep_the_port_s_promises(path: Path, kind: str) -> None:
    write(path, key("new"), key("old"))
    ring: KeyWrapper = MountedKeyring(path)
    if kind == "environment":
        ring = EnvironmentKeyring(f"{key('new')},{key('old')}")
    assert ring.key_ids() == ["new", "old"]
    before = seal(SEED, owner=OWNER, wrapper=EnvironmentKeyring(key("old")))
    assert unseal(before, owner=OWNER, wrapper=ring) == SEED
    after = rewrap(before, owner=OWNER, wrapper=ring)
    assert unseal(after, owner=OWNER, wrapper=EnvironmentKeyring(key("new"))) == SEED
    with pytest.raises(CannotOpen):
        unseal(after, owner=("wallet", "wal_ben", "GBEN"), wrapper=ring)
    with pytest.raises(CannotOpen, match="no key 'other'"):
        ring.unwrap(b"", key_id="other", bound_to=b"")


def test_a_key_is_added_while_we_run(path: Path) -> None:
    ring = MountedKeyring(path)
    sealed = seal(SEED, owner=OWNER, wrapper=ring)
    write(path, key("new"), key("old"))
    assert ring.key_ids() == ["new", "old"]
    assert unseal(sealed, owner=OWNER, wrapper=ring) == SEED
    assert unseal(seal(SEED, owner=OWNER, wrapper=ring), owner=OWNER, wrapper=ring) == SEED


@pytest.mark.parametrize("mistake", ["emptied", "half written", "opened to all", "taken away"])
def test_a_mistake_in_the_file_leaves_a_running_installation_its_keys(
    path: Path, mistake: str, caplog: pytest.LogCaptureFixture
) -> None:
    ring = MountedKeyring(path)
    sealed = seal(SEED, owner=OWNER, wrapper=ring)
    match mistake:
        case "emptied":
            write(path, "")
        case "half written":
            write(path, key("new")[:20])
        case "opened to all":
            write(path, key("new"), mode=0o444)
        case _:
            path.unlink()
    with caplog.at_level(logging.ERROR):
        assert unseal(sealed, owner=OWNER, wrapper=ring) == SEED
    assert "the keyring stays as it was" in caplog.text
    assert key("new")[4:20] not in caplog.text
    write(path, key("new"), key("old"))
    assert ring.key_ids() == ["new", "old"]


@pytest.mark.parametrize(
    ("lines", "mode", "why"),
    [
        ([], 0o400, "is empty"),
        ([key("k")], 0o404, "others may read"),
        ([key("k")], 0o420, "others may read or change"),
        ([key("k"), key("k")], 0o400, "twice"),
        (["k:AAAA"], 0o400, "3 bytes; it must have 32"),
        (["k:*"], 0o400, "not base64"),
        (["a key:AAAA"], 0o400, "id:base64"),
        (["é:AAAA"], 0o400, "cannot be read"),
    ],
)
def test_a_file_that_is_none_stops_the_start_and_says_why(
    path: Path, lines: list[str], mode: int, why: str
) -> None:
    write(path, *lines, mode=mode)
    with pytest.raises(ImproperlyConfigured, match=why):
        MountedKeyring(path)


def test_a_group_may_read_it(path: Path) -> None:
    assert MountedKeyring(write(path, key("k"), mode=0o440)).key_ids() == ["k"]


def test_what_stands_in_the_place_of_an_id_is_not_repeated(path: Path) -> None:
    secret = base64.b64encode(b"s" * 32).decode()
    with pytest.raises(ImproperlyConfigured) as refusal:
        MountedKeyring(write(path, secret))
    assert secret not in str(refusal.value)
