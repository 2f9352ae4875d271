"""Those who post: processes that call `post()`, pgbench that calls `ledger_post`, and batches."""

import multiprocessing
import random
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django

ACCOUNTS = 1_000
BATCH = 500
WARM_UP = 1.0  # seconds in which connections are opened and plans are made

_start: Any = None  # of each process: the barrier at which all threads begin together
_threads = 1


@dataclass
class Tally:
    """What one measurement saw; latencies in milliseconds."""

    seconds: float = 0.0
    rows: int = 0
    latencies: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def rate(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies) or [0.0]
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.seconds + other.seconds,
            self.rows + other.rows,
            self.latencies + other.latencies,
            self.errors + other.errors,
        )


@dataclass(frozen=True)
class Work:
    """What is posted: between any two of many accounts, or from any to the one hot account."""

    book: int
    hot: bool
    seconds: float


# -- In Python, each transfer in a transaction of its own -----------------------------------------


def in_python(work: Work, *, processes: int, threads: int = 1) -> Tally:
    """`post()` from processes of some threads, each thread with its own connection."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(processes * threads)
    with context.Pool(processes, _prepare, (start, threads)) as pool:
        parts = pool.map(_post_in_threads, [work] * processes, chunksize=1)
    tally = sum(parts, Tally())
    tally.seconds = work.seconds
    return tally


def _prepare(start: Any, threads: int) -> None:
    global _start, _threads
    _start, _threads = start, threads
    django.setup()


def _post_in_threads(work: Work) -> Tally:
    parts: list[Tally] = []
    crowd = [threading.Thread(target=_post, args=(work, parts.append)) for _ in range(_threads)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    return sum(parts, Tally())


def _post(work: Work, done: Callable[[Tally], None]) -> None:
    from django.db import connection  # noqa: PLC0415 – Django is set up by now

    _post_until(work, time.perf_counter() + WARM_UP)
    _start.wait(60)
    done(_post_until(work, time.perf_counter() + work.seconds))
    connection.close()


def _post_until(work: Work, deadline: float) -> Tally:
    from django.db import Error, transaction  # noqa: PLC0415

    from ledger.events import Actor  # noqa: PLC0415
    from ledger.fields import new_id  # noqa: PLC0415
    from ledger.posting import credit, debit, post  # noqa: PLC0415
    from ledger.refusals import Refused  # noqa: PLC0415

    tally, actor, pairs = Tally(), Actor("bench"), _pairs(work)
    while (begun := time.perf_counter()) < deadline:
        source, target = next(pairs)
        try:
            with transaction.atomic():
                legs = [debit(source, 100), credit(target, 100)]
                post(work.book, "bench", cause=new_id("bch"), legs=legs, by=actor)
        except (Error, Refused):
            tally.errors += 1
            continue
        tally.rows += 1
        tally.latencies.append((time.perf_counter() - begun) * 1000)
    return tally


def _pairs(work: Work) -> Iterator[Any]:
    from ledger.chart import PLATFORM_FEES, available  # noqa: PLC0415

    accounts = [available(f"usr_{place}") for place in range(ACCOUNTS)]
    while True:
        source, target = random.sample(accounts, 2)
        yield source, PLATFORM_FEES if work.hot else target


# -- pgbench: the same function, nothing around it ------------------------------------------------

SCRIPT = """\\set a random(0, {last})
\\set b (:a + random(1, {last})) % {accounts}
BEGIN;
SELECT transfer_id, is_new FROM ledger_post(
    'trf_' || clock_timestamp() || :client_id, {book}, 'bench',
    'bch_' || clock_timestamp() || :client_id, '', NULL, 'bench', '',
    ARRAY['available', '{kind}'], ARRAY['usr_' || :a, {subject}], ARRAY['USD', 'USD'],
    ARRAY[100, -100]::bigint[]);
COMMIT;
"""


def in_pgbench(work: Work, *, program: str, url: str, connections: int) -> Tally:
    """`BEGIN; SELECT ledger_post(…); COMMIT;` in the simple protocol."""
    script = SCRIPT.format(
        last=ACCOUNTS - 1, accounts=ACCOUNTS, book=work.book,
        kind="platform_fees" if work.hot else "available",
        subject="''" if work.hot else "'usr_' || :b",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "post.sql"
        path.write_text(script)
        command = [program, "--no-vacuum", "--protocol=simple", "-f", str(path)]
        command += ["-c", str(connections), "-j", "2"]
        _run([*command, "-T", "1", url], folder)
        _run([*command, "-T", str(max(int(work.seconds), 1)), "--log", url], folder)
        return _read_logs(Path(folder), work.seconds)


def _run(command: list[str], folder: str) -> None:
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"pgbench failed:\n{ended.stderr[-2000:]}")


def _read_logs(folder: Path, seconds: float) -> Tally:
    """Each line: client, transaction, microseconds, script, time."""
    lines = [line.split() for log in folder.glob("pgbench_log.*") for line in log.open()]
    times = [int(line[2]) / 1000 for line in lines if line[2].isdigit()]
    return Tally(max(int(seconds), 1), len(times), times, len(lines) - len(times))


# -- In batches -----------------------------------------------------------------------------------


def in_batches(work: Work, *, processes: int) -> Tally:
    """Several importers side by side: while one waits for the database, the other makes rows."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, _prepare, (context.Barrier(processes), 1)) as pool:
        parts = pool.map(_in_batches, [work] * processes, chunksize=1)
    tally = sum(parts, Tally())
    tally.seconds = work.seconds
    return tally


def _in_batches(work: Work) -> Tally:
    """One client and `post_many()`, each batch in a transaction of its own."""
    from django.db import transaction  # noqa: PLC0415

    from ledger.bulk import post_many  # noqa: PLC0415
    from ledger.events import Actor  # noqa: PLC0415
    from ledger.posting import Posted  # noqa: PLC0415

    tally, pairs = Tally(), _pairs(work)
    for measured in (False, True):
        if measured:
            _start.wait(60)
        begun = time.perf_counter()
        deadline = begun + (work.seconds if measured else WARM_UP)
        tally = Tally()
        while (before := time.perf_counter()) < deadline:
            with transaction.atomic():
                answers = post_many(work.book, _batch(pairs), by=Actor("bench"))
            tally.latencies.append((time.perf_counter() - before) * 1000)
            good = sum(1 for answer in answers if isinstance(answer, Posted))
            tally.rows += good
            tally.errors += len(answers) - good
        tally.seconds = time.perf_counter() - begun
    return tally


def _batch(pairs: Iterator[Any]) -> list[Any]:
    from ledger.bulk import Draft  # noqa: PLC0415
    from ledger.fields import new_id  # noqa: PLC0415
    from ledger.posting import credit, debit  # noqa: PLC0415

    return [
        Draft("bench", new_id("bch"), [debit(source, 100), credit(target, 100)])
        for source, target in (next(pairs) for _ in range(BATCH))
    ]
