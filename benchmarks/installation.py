"""An installation for one run: its own PostgreSQL and Valkey, and the launcher with the rest."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.standalone.children import Child, Starter, die_with, stop_together
from config.standalone.environment import environment, own_secrets
from config.standalone.place import DATABASES_OF_ROOT, PROJECT
from config.standalone.postgres import Postgres
from config.standalone.valkey import Valkey

SECONDS_TO_START = 90
# Limits are lifted and not switched off: every request is counted, and told where it stands.
LIFTED = {
    "RATE_LIMIT_PER_KEY": "100000000",
    "RATE_LIMIT_PER_USER": "100000000",
    "RATE_LIMIT_PER_ADDRESS": "100000000",
    "PROVIDER_BUDGETS": "off",
}


class DidNotStart(Exception):
    """The launcher ended, or took too long; what it said is the message."""


@dataclass
class Installation:
    """Servers that a benchmark may stop and start again, with durability as it is by default."""

    home: Path
    children: dict[str, Child] = field(default_factory=dict)
    launcher: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        starter = Starter(logs=self.home)
        (self.home / "valkey").mkdir()
        self.postgres = Postgres(home=self.home / "pg", starter=starter)
        self.valkey = Valkey(home=self.home / "valkey", starter=starter)
        self.state = self.home / "state"
        self.port = _free_port()

    def start(self, name: str) -> None:
        """Start `postgres` or `valkey`, for the first time or again."""
        self.children[name] = getattr(self, name).start()

    def stop(self, name: str) -> None:
        stop_together([self.children.pop(name)], within=10)

    def launch(self) -> None:
        """Start the launcher; returns when it is ready. Raises DidNotStart."""
        for name in ("postgres", "valkey"):
            self.start(name)
        output = self.home / "launcher.log"
        with output.open("wb") as log:
            self.launcher = subprocess.Popen(
                [sys.executable, "-m", "config.standalone"],
                env={**os.environ, **self._told()}, cwd=PROJECT, stdout=log, stderr=log,
                preexec_fn=die_with(os.getpid(), signal.SIGTERM),  # noqa: PLW1509
            )  # fmt: skip
        deadline = time.monotonic() + SECONDS_TO_START
        while "ready; stop with" not in output.read_text():
            if self.launcher.poll() is not None or time.monotonic() > deadline:
                raise DidNotStart(output.read_text())
            time.sleep(0.1)

    def end(self) -> None:
        if self.launcher and self.launcher.poll() is None:
            self.launcher.send_signal(signal.SIGTERM)
            self.launcher.wait(timeout=30)
        for name in list(self.children):
            self.stop(name)

    def set_up_django(self) -> None:
        """Let this process use the installation's tables, with the installation's own secrets."""
        told = environment(secrets=own_secrets(self.state / "secrets.json"), addresses=self._told())
        os.environ.update(told, DJANGO_SETTINGS_MODULE="config.settings")
        import django  # noqa: PLC0415 – the settings are read here

        django.setup()

    @property
    def roots(self) -> list[int]:
        """The processes under which everything of it runs."""
        launcher = [self.launcher.pid] if self.launcher else []
        return [*launcher, *(child.process.pid for child in self.children.values())]

    @property
    def seeded(self) -> dict[str, Any]:
        """Addresses and keys, as the launcher wrote them down."""
        told: dict[str, Any] = json.loads((self.state / "sandbox.json").read_text())
        return told

    def _told(self) -> dict[str, str]:
        return {
            "STATE_DIR": str(self.state),
            "PORT": str(self.port),
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            **LIFTED,
        }


@contextmanager
def installed() -> Iterator[Installation]:
    """An installation that runs, and that is gone afterwards."""
    parent = DATABASES_OF_ROOT if os.geteuid() == 0 else Path(tempfile.gettempdir())
    parent.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="offerhub-bench-", dir=parent))
    home.chmod(0o711)
    installation = Installation(home)
    try:
        installation.launch()
        yield installation
    finally:
        installation.end()
        shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
