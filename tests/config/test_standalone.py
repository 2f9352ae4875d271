"""The launcher as a person uses it: start, stop, kill, start again."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from config.standalone.place import PROJECT, Place, is_alive
from tests.listening import free_port

FIRST_START = 180  # twenty on a machine that does nothing else
LATER_START = 90  # ten there
STOP = 20  # two there


class Sandbox:
    """One state folder and port, and the launcher that runs there, if one does."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port()
        self.output = state.parent / "output"
        self.launcher: subprocess.Popen[bytes] | None = None

    def start(self, *, within: float) -> None:
        with self.output.open("wb") as output:
            self.launcher = subprocess.Popen(
                self.command(), env=self.environment(), stdout=output, stderr=output, cwd=PROJECT
            )
        deadline = time.monotonic() + within
        while "ready; stop with" not in self.output.read_text():
            assert self.launcher.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.05)

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*arguments),
            env=self.environment(),
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=FIRST_START,
            check=False,
        )

    def end(self, number: signal.Signals) -> int:
        assert self.launcher
        self.launcher.send_signal(number)
        return self.launcher.wait(timeout=STOP)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "config.standalone", *arguments]

    def environment(self) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "DJANGO_SETTINGS_MODULE"}
        }
        return {**inherited, "STATE_DIR": str(self.state), "PORT": str(self.port)}

    def family(self) -> dict[int, str]:
        """Every process that the launcher started, and what those started, with its command."""
        assert self.launcher
        family = {self.launcher.pid: ""}
        for pid, parent in sorted(parents().items()):
            if parent in family:
                family[pid] = command_of(pid)
        return {pid: command for pid, command in family.items() if command}

    def status(self, path: str) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    folder = Path(tempfile.mkdtemp(prefix="offerhub-"))
    box = Sandbox(folder / "state")
    yield box
    if box.launcher and box.launcher.poll() is None:
        box.end(signal.SIGTERM)
    box.run("reset")
    shutil.rmtree(folder)


@pytest.fixture
def running(sandbox: Sandbox) -> Sandbox:
    if not sandbox.launcher or sandbox.launcher.poll() is not None:
        sandbox.start(within=LATER_START if sandbox.state.exists() else FIRST_START)
    return sandbox


def test_the_sandbox_is_ready_when_it_says_so(running: Sandbox) -> None:
    assert running.status("/api/v1/health/ready") == 200


def test_its_secrets_are_readable_for_its_owner_alone(running: Sandbox) -> None:
    files = [running.state, running.state / "secrets.json"]
    assert [file.stat().st_mode & 0o077 for file in files] == [0, 0]


def test_a_second_start_says_that_it_runs_already(running: Sandbox) -> None:
    second = running.run()
    assert second.returncode == 2
    assert "already running" in second.stderr


def test_its_commands_ask_the_providers_where_it_runs(running: Sandbox) -> None:
    compared = running.run("manage", "reconcile", "topups", "--dry-run")
    assert compared.returncode == 0, compared.stdout + compared.stderr


def test_a_reset_is_refused_while_it_runs(running: Sandbox) -> None:
    assert running.run("reset").returncode == 2
    assert running.status("/api/v1/health/ready") == 200


def test_a_taken_port_is_one_plain_line(running: Sandbox) -> None:
    other = Sandbox(running.state.parent / "other")
    other.port = running.port
    refused = other.run()
    assert refused.returncode == 2
    assert re.fullmatch(r"offerhub: port \d+ is taken; .*\n", refused.stderr)


@pytest.mark.parametrize("port", ["http", "0", "70000"])
def test_a_port_that_is_none_is_one_plain_line(running: Sandbox, port: str) -> None:
    environment = {**running.environment(), "PORT": port, "STATE_DIR": f"{running.state}-other"}
    refused = subprocess.run(
        running.command(), env=environment, cwd=PROJECT, capture_output=True, check=False
    )
    assert refused.returncode == 2
    assert refused.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.thorough)]
)
def test_it_stops_in_five_seconds_and_leaves_no_process(
    running: Sandbox, number: signal.Signals
) -> None:
    family = running.family()
    assert running.end(number) == 0
    assert survivors(family) == {}


def test_kill_9_leaves_no_process_and_loses_nothing(running: Sandbox) -> None:
    family, secrets = running.family(), (running.state / "secrets.json").read_text()
    keys = json.loads((running.state / "sandbox.json").read_text())
    running.end(signal.SIGKILL)
    running.start(within=LATER_START)  # at once, while the old children still stop
    assert survivors(family) == {}
    assert (running.state / "secrets.json").read_text() == secrets
    assert json.loads((running.state / "sandbox.json").read_text()) == keys


@pytest.mark.parametrize(
    "beside", ["bin/postgres", pytest.param("standalone.web", marks=pytest.mark.thorough)]
)
def test_kill_9_of_a_child_together_with_the_launcher_leaves_no_process(
    running: Sandbox, beside: str
) -> None:
    family = running.family()
    os.kill(first(family, beside), signal.SIGKILL)
    running.end(signal.SIGKILL)
    assert survivors(family) == {}


def test_a_child_that_dies_stops_the_rest_and_is_named(running: Sandbox) -> None:
    family = running.family()
    os.kill(first(family, "standalone.worker"), signal.SIGKILL)
    assert running.launcher
    assert running.launcher.wait(timeout=STOP + 1) == 1
    assert "worker ended (SIGKILL)" in running.output.read_text()
    assert survivors(family) == {}


def test_reset_removes_all_that_it_made(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIR", str(running.state))
    database = Place.from_environment().database
    assert database.exists()
    running.end(signal.SIGTERM)
    assert running.run("reset").returncode == 0
    assert not database.exists()
    assert not running.state.exists()


def parents() -> dict[int, int]:
    found = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    return found


def command_of(pid: int) -> str:
    """Nothing of one that has ended since it was counted."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def first(family: dict[int, str], part: str) -> int:
    return next(pid for pid, command in sorted(family.items()) if part in command)


def survivors(family: dict[int, str]) -> dict[int, str]:
    """Who still lives after the time that stopping may take; as soon as nobody does, nobody."""
    deadline = time.monotonic() + STOP
    while time.monotonic() < deadline:
        if not any(is_alive(pid) for pid in family):
            return {}
        time.sleep(0.05)
    return {pid: command for pid, command in family.items() if is_alive(pid)}
