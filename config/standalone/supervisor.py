"""The supervisor: starts servers and processes in order, watches them, stops them in order."""

import os
import signal
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from types import FrameType

from config.standalone.children import Child, Starter, stop_together
from config.standalone.environment import environment, own_secrets
from config.standalone.place import CannotStart, Place, seconds_to_stop
from config.standalone.postgres import Postgres
from config.standalone.valkey import Valkey

READY = "/api/v1/health/ready"
SECONDS_TO_BE_READY = 60
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked the sandbox to stop: like KeyboardInterrupt, no error."""


class Supervisor:
    """One run of the sandbox, from the first child's start to the last child's end."""

    def __init__(self, *, place: Place, port: int, starter: Starter) -> None:
        self.place = place
        self.port = port
        self.starter = starter
        self.seconds_to_stop = seconds_to_stop()
        self.children: dict[str, Child] = {}

    def run(self) -> None:
        """Run until somebody stops it (Stopped) or a child ends by itself (ChildDied)."""
        stop_on_signals()
        try:
            self._start()
            self._announce()
            self._watch()
        finally:
            ignore_signals()
            self._stop()

    def _start(self) -> None:
        told = environment(
            secrets=own_secrets(self.place.secrets),
            addresses={
                "DATABASE_URL": os.environ.get("DATABASE_URL") or self._start_postgres(),
                "REDIS_URL": os.environ.get("REDIS_URL") or self._start_valkey(),
                "PUBLIC_URL": os.environ.get("PUBLIC_URL") or self._url,
            },
        )
        self._prepare(told)
        # Ready means that conversations go on, too: the worker comes up beside the web server.
        self._start_web(told)
        self._start_worker(told)
        self._wait_until_ready()
        self._start_watcher(told)

    def _start_postgres(self) -> str:
        postgres = Postgres(home=self.place.database, starter=self.starter)
        _say(f"PostgreSQL {postgres.version} in {postgres.home}")
        self.children["postgres"] = postgres.start()
        return postgres.url

    def _start_valkey(self) -> str:
        valkey = Valkey(home=self.place.broker, starter=self.starter)
        _say(f"Valkey in {valkey.home}")
        self.children["valkey"] = valkey.start()
        return valkey.url

    def _prepare(self, told: Mapping[str, str]) -> None:
        _say("migrating, and seeding what the sandbox starts with")
        command = _python("config.standalone.prepare", self.place.sandbox)
        self.starter.run("prepare", command, environment=told)

    def _start_web(self, told: Mapping[str, str]) -> None:
        """Many threads and few connections: many connections on one row would be slower."""
        for file in self.place.counts.glob("*.db"):
            file.unlink()
        counts = {"PROMETHEUS_MULTIPROC_DIR": str(self.place.counts)}
        settings = {"DATABASE_POOL": "4", "WEB_THREADS": "32", **counts, **told}
        command = ["config.standalone.web", self.port, settings["WEB_THREADS"]]
        self._start_own("web", command, settings)

    def _start_worker(self, told: Mapping[str, str]) -> None:
        self._start_own("worker", ["config.standalone.worker", self.place.schedule / "beat"], told)

    def _start_watcher(self, told: Mapping[str, str]) -> None:
        self._start_own("watcher", ["django", "watch_stellar"], told)

    def _start_own(self, name: str, module: list[object], told: Mapping[str, str]) -> None:
        """Start a process of ours. When the launcher is killed, it is killed with it."""
        settings = {"DJANGO_SETTINGS_MODULE": "config.settings", **told}
        self.children[name] = self.starter.start(name, _python(*module), environment=settings)

    def _wait_until_ready(self) -> None:
        _say("waiting for the API")
        deadline = time.monotonic() + SECONDS_TO_BE_READY
        while not self._is_ready():
            self._check()
            if time.monotonic() > deadline:
                raise CannotStart(f"{self._url}{READY} did not answer 200; see {self.place.logs}")
            time.sleep(0.1)

    def _is_ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", READY)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _announce(self) -> None:
        lines = {
            "API": f"{self._url}/api/v1",
            "Docs": f"{self._url}/api/v1/docs",
            "Admin": f"{self._url}/admin/",
            "Simulators": f"{self._url}/simulators/",
            "Keys": self.place.sandbox,
            "Logs": self.place.logs,
        }
        for name, value in lines.items():
            _say(f"{name:<11} {value}")
        _say("ready; stop with Ctrl-C")

    def _watch(self) -> None:
        while True:
            self._check()
            time.sleep(0.2)

    def _check(self) -> None:
        for child in self.children.values():
            child.check()

    def _stop(self) -> None:
        """Our processes, each at the end of what it does; then the broker, then the database.

        With nothing to finish all of it takes less than 5 s.
        """
        database, broker = self.children.pop("postgres", None), self.children.pop("valkey", None)
        stop_together(list(self.children.values()), within=self.seconds_to_stop + 1)
        stop_together([broker] if broker else [], within=0.5)
        stop_together([database] if database else [], within=1.5)

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def stop_on_signals() -> None:
    """Turn the first of the stop signals into Stopped, and every later one into nothing."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        ignore_signals()
        raise Stopped

    for number in STOP_SIGNALS:
        signal.signal(number, stop)


def ignore_signals() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _python(*module: object) -> list[str]:
    return [sys.executable, "-m", *map(str, module)]


def _say(line: str) -> None:
    print(f"offerhub: {line}", flush=True)
