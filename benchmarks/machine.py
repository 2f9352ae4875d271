"""The machine under the figures: what it is, and how much of it somebody else was using."""

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def described() -> str:
    """The processor, its cores and the memory, in one line."""
    model = next(_values(Path("/proc/cpuinfo"), "model name"), platform.machine())
    memory = int(next(_values(Path("/proc/meminfo"), "MemTotal"), "0 kB").split()[0])
    return f"{model}, {os.cpu_count()} cores, {memory // 1024 // 1024} GiB"


@dataclass
class Meter:
    """How busy all cores are, and with whom: `ours` are the processes at the roots given."""

    roots: list[int] = field(default_factory=lambda: [os.getpid()])
    _begun: tuple[int, int, int] = (0, 0, 0)

    def start(self) -> None:
        self._begun = self._read()

    def told(self) -> str:
        """The share of all cores that was busy since `start()`, and not with this benchmark."""
        total, busy, ours = (
            now - then for now, then in zip(self._read(), self._begun, strict=True)
        )
        return f"{100 * max(busy - ours, 0) // max(total, 1)} %"

    def seconds(self) -> float:
        """Of processor time that the processes at the roots have used since `start()`."""
        return (self._read()[2] - self._begun[2]) / TICKS

    def _read(self) -> tuple[int, int, int]:
        ticks = [int(part) for part in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        idle = ticks[3] + ticks[4]
        return sum(ticks), sum(ticks) - idle, sum(map(_used_by_tree, self.roots))


def _used_by_tree(root: int) -> int:
    """Ticks of a process, of its children that have ended, and of those that live."""
    try:
        stat = Path(f"/proc/{root}/stat").read_text()
        children = Path(f"/proc/{root}/task/{root}/children").read_text().split()
    except OSError:
        return 0
    used = stat.rpartition(")")[2].split()[11:15]
    return sum(map(int, used)) + sum(_used_by_tree(int(child)) for child in children)


def _values(file: Path, name: str) -> Iterator[str]:
    lines = file.read_text().splitlines() if file.exists() else []
    return (line.partition(":")[2].strip() for line in lines if line.startswith(name))
