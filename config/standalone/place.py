"""Where the sandbox keeps its state, and who may use it: the folders, the lock and the port."""

import fcntl
import hashlib
import os
import shutil
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# PostgreSQL refuses to run as root, and its own user cannot enter a private home.
DATABASES_OF_ROOT = Path("/var/lib/offerhub")
LONGEST_SOCKET_FOLDER = 80  # the kernel allows 107 bytes for the whole path of a socket
SECONDS_TO_STOP = 30  # for requests and tasks under way; whoever has none stops at once
SECONDS_TO_STOP_AFTER_A_CRASH = 10


class CannotStart(Exception):
    """Something the person at the terminal can put right; printed as one plain line."""


@dataclass(frozen=True)
class Place:
    """The state folder and the names in it."""

    state: Path

    @classmethod
    def from_environment(cls) -> "Place":
        return cls(state=Path(os.environ.get("STATE_DIR") or PROJECT / "var").resolve())

    @property
    def database(self) -> Path:
        if os.geteuid() != 0:
            return self.state / "postgres"
        return DATABASES_OF_ROOT / hashlib.sha256(bytes(self.state)).hexdigest()[:12]

    @property
    def broker(self) -> Path:
        return self.state / "valkey"

    @property
    def schedule(self) -> Path:
        return self.state / "beat"

    @property
    def logs(self) -> Path:
        return self.state / "log"

    @property
    def counts(self) -> Path:
        """Where the web processes add up what `/metrics` tells: of one run, so it begins empty."""
        return self.state / "counts"

    @property
    def secrets(self) -> Path:
        return self.state / "secrets.json"

    @property
    def sandbox(self) -> Path:
        return self.state / "sandbox.json"

    @property
    def lock(self) -> Path:
        return self.state / "lock"

    def open(self) -> None:
        """Make the folders, readable for nobody else. Raises CannotStart where that is refused."""
        try:
            for folder in (self.state, self.broker, self.schedule, self.logs, self.counts):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.lock.touch(mode=0o600)
        except OSError as refusal:
            raise CannotStart(
                f"{self.state} cannot be used ({refusal.strerror}); "
                "run as its owner, or name another folder: STATE_DIR=..."
            ) from refusal

    def remove(self) -> None:
        """Remove what was made here, and nothing else: STATE_DIR may be anybody's folder."""
        for folder in (self.database, self.broker, self.schedule, self.logs, self.counts):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (self.secrets, self.sandbox, self.lock):
            file.unlink(missing_ok=True)
        for folder in (self.state, self.database.parent):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def hold(place: Place) -> int:
    """Take the place's lock and return its descriptor. Raises CannotStart.

    Every child inherits the descriptor. So a start that follows a `kill -9` waits until the last
    child of the killed one has gone, and two servers never meet on the same files.
    """
    descriptor = os.open(place.lock, os.O_RDWR)
    deadline = time.monotonic() + SECONDS_TO_STOP_AFTER_A_CRASH
    while not _locked(descriptor):
        holder = os.pread(descriptor, 20, 0).decode()
        if holder and is_alive(int(holder)):
            raise CannotStart(
                f"already running as process {holder}, with its state in {place.state}"
            )
        if time.monotonic() > deadline:
            raise CannotStart(f"processes of an earlier start still hold {place.lock}")
        time.sleep(0.05)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie, dead but not yet reaped, does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def seconds_to_stop() -> int:
    """How long requests and tasks may take to come to their end: STOP_SECONDS."""
    wanted = os.environ.get("STOP_SECONDS") or str(SECONDS_TO_STOP)
    if not wanted.isdecimal() or int(wanted) < 1:
        raise CannotStart(f"STOP_SECONDS is '{wanted}'; it must be a whole number from 1")
    return int(wanted)


def free_port() -> int:
    """The port of PORT (8000 by default). Raises CannotStart when it is taken or no port."""
    wanted = os.environ.get("PORT") or "8000"
    if not wanted.isdecimal() or not 0 < int(wanted) < 65536:
        raise CannotStart(f"PORT is '{wanted}'; it must be a number from 1 to 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(wanted)))
        except PermissionError:
            raise CannotStart(
                f"port {wanted} is reserved for root; choose another: PORT=8001"
            ) from None
        except OSError:
            raise CannotStart(f"port {wanted} is taken; choose another: PORT=8001") from None
    return int(wanted)


def socket_folder(home: Path) -> Path:
    """A private folder for a socket: in `home`, or in the temporary folder if that is too deep."""
    if len(bytes(home)) <= LONGEST_SOCKET_FOLDER:
        return home / "socket"
    name = f"offerhub-{os.geteuid()}-{hashlib.sha256(bytes(home)).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise CannotStart(f"{folder} belongs to somebody else; name another folder: STATE_DIR=...")
    return folder


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
