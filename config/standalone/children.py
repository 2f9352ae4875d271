"""Child processes that never outlive the launcher, and that stop in order."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from config.standalone.place import PROJECT, CannotStart

PR_SET_PDEATHSIG = 1
LAST_LINES = 20  # of what a child said, for the message that it ended
# Loaded here, because between fork and exec nothing may be imported or allocated lightly.
LIBC = ctypes.CDLL(None)


class ChildDied(Exception):
    """A child ended that should have run; what it said last is part of the message."""


@dataclass(frozen=True)
class Account:
    """The system user that a child runs as."""

    user: int
    group: int


@dataclass
class Child:
    """One process in a group of its own, with the signal that asks it to stop."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM

    def ask_to_stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def wait(self, *, until: float) -> None:
        """Wait for its end; at the deadline kill it, and in any case whatever it started."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=max(until - time.monotonic(), 0.01))
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def check(self) -> None:
        """Raises ChildDied."""
        code = self.process.poll()
        if code is not None:
            raise ChildDied(f"{self.name} ended ({_ending(code)}); its log:\n{_tail(self.log)}")


@dataclass
class Starter:
    """Starts children: where they log, and the descriptors that they all inherit."""

    logs: Path
    inherited: Sequence[int] = field(default_factory=tuple)

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        folder: Path = PROJECT,
        account: Account | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        death_signal: signal.Signals = signal.SIGKILL,
    ) -> Child:
        """Start a child that gets `death_signal` from the kernel when the launcher dies.

        Must be called from the main thread: the kernel watches the thread, not the process.
        """
        log = self.logs / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=folder,
                pass_fds=self.inherited,
                process_group=0,  # so that Ctrl-C reaches the launcher only
                user=account.user if account else None,
                group=account.group if account else None,
                extra_groups=[] if account else None,
                # It runs after setuid, which would clear the death signal; and before any thread.
                preexec_fn=die_with(os.getpid(), death_signal),  # noqa: PLW1509
            )
        return Child(name=name, process=process, log=log, stop_signal=stop_signal)

    def run(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        folder: Path = PROJECT,
        account: Account | None = None,
    ) -> None:
        """Run a child to its end. Raises CannotStart when it fails."""
        child = self.start(name, command, environment=environment, folder=folder, account=account)
        try:
            code = child.process.wait()
        finally:
            child.wait(until=0)
        if code != 0:
            raise CannotStart(f"{name} failed ({_ending(code)}); its log:\n{_tail(child.log)}")


def die_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    """What a process calls to get the signal as soon as its parent is dead. Main thread only."""

    def ask_the_kernel() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # it died before the kernel was asked
            os._exit(1)

    return ask_the_kernel


def stop_together(children: Sequence[Child], *, within: float) -> None:
    """Ask all of them at once, and kill whoever has not stopped within so many seconds."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + within
    for child in children:
        child.wait(until=deadline)


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _tail(log: Path) -> str:
    text = log.read_text(errors="replace")
    return "\n".join(f"  {line}" for line in text.splitlines()[-LAST_LINES:]) or "  (empty)"
