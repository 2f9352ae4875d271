"""The servers of the launcher alone: they start, survive a crash, and refuse what is not theirs."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from config.standalone.children import Child, Starter, stop_together
from config.standalone.place import CannotStart, is_alive
from config.standalone.postgres import Postgres
from config.standalone.valkey import Valkey
from tests.patience import PATIENCE

# A launcher that starts one server, says so, and waits to be killed.
LAUNCHER = """
import sys, time
from pathlib import Path
from config.standalone.children import Starter
from config.standalone.postgres import Postgres
home = Path(sys.argv[1])
print(Postgres(home=home / "pg", starter=Starter(logs=home)).start().process.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """Where `nobody` may pass: pytest's own folders are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="offerhub-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def postgres(home: Path, *, version: str = "18") -> Postgres:
    return Postgres(home=home / "pg", starter=Starter(logs=home), version=version)


def stop(child: Child) -> None:
    stop_together([child], within=5)


def count_of_rows(server: Postgres) -> int:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        connection.execute("INSERT INTO kept VALUES (1)")
        found = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert found
    return int(found[0])


@pytest.mark.parametrize("version", ["18", "16"])
def test_postgres_keeps_what_was_committed_over_a_restart(home: Path, version: str) -> None:
    server = postgres(home, version=version)
    for expected in (1, 2):
        child = server.start()
        assert count_of_rows(server) == expected
        stop(child)
        assert child.process.returncode == 0


def test_postgres_never_runs_as_root(home: Path) -> None:
    server = postgres(home)
    child = server.start()
    owner = Path(f"/proc/{child.process.pid}").stat().st_uid
    stop(child)
    assert owner != 0


def test_postgres_lets_only_its_own_user_in(home: Path) -> None:
    server = postgres(home)
    child = server.start()
    modes = [path.stat().st_mode & 0o077 for path in (server.data, server.socket)]
    stop(child)
    assert modes == [0, 0]


def test_postgres_begins_anew_after_a_half_done_first_start(home: Path) -> None:
    server = postgres(home)
    stop(server.start())
    server.initialised.unlink()
    (server.data / "PG_VERSION").unlink()
    child = server.start()
    assert count_of_rows(server) == 1
    stop(child)


def test_postgres_refuses_the_files_of_another_version(home: Path) -> None:
    stop(postgres(home, version="16").start())
    with pytest.raises(CannotStart, match=r"made by PostgreSQL 16, and this is 18"):
        postgres(home).start()


def test_postgres_refuses_a_version_that_the_wheel_does_not_carry(home: Path) -> None:
    with pytest.raises(CannotStart, match=r"no PostgreSQL 15; choose from 18, 16"):
        postgres(home, version="15")


def test_postgres_starts_over_the_lock_of_a_zombie(home: Path) -> None:
    server = postgres(home)
    killed = server.start()
    rows = count_of_rows(server)
    killed.process.send_signal(signal.SIGKILL)
    wait_for(lambda: not is_alive(killed.process.pid))  # dead, and not reaped: nobody called wait()
    child = server.start()
    assert count_of_rows(server) == rows + 1
    stop(child)


def test_postgres_starts_over_the_lock_of_a_stranger_with_the_same_process_id(home: Path) -> None:
    server = postgres(home)
    stop(server.start())
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n")
    child = server.start()
    assert is_alive(child.process.pid)
    assert (server.data / "postmaster.pid").read_text().startswith(f"{child.process.pid}\n")
    stop(child)


def test_postgres_stops_with_a_killed_launcher(home: Path) -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(home)], stdout=subprocess.PIPE, text=True
    )
    assert launcher.stdout
    server = int(launcher.stdout.readline())
    launcher.kill()
    launcher.communicate()
    wait_for(lambda: not is_alive(server))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_postgres_is_copied_to_where_nobody_may_go(home: Path) -> None:
    private = home / "private"
    private.mkdir(mode=0o700)
    server = postgres(home)
    wheel, libraries = server.install.parent, Path(f"{server.install.parent}.libs")
    for folder in (wheel, libraries):
        shutil.copytree(folder, private / folder.name)
    server.install = private / wheel.name / server.install.name
    child = server.start()
    assert server.install.is_relative_to(server.home)
    assert count_of_rows(server) == 1
    stop(child)


def test_valkey_keeps_its_queue_over_a_restart(home: Path) -> None:
    folder = home / "valkey"
    folder.mkdir()
    server = Valkey(home=folder, starter=Starter(logs=home))
    for answer in (b":1\r\n", b":2\r\n"):
        child = server.start()
        assert ask(server, b"INCR restarts\r\n") == answer
        stop(child)


def ask(server: Valkey, command: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(server.socket))
        connection.sendall(command)
        return connection.recv(100)


def wait_for(condition: Callable[[], bool], *, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
