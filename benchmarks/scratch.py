"""A database for one run: on a PostgreSQL of our own with its default durability, or on yours."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from config.standalone.children import Starter, stop_together
from config.standalone.place import DATABASES_OF_ROOT
from config.standalone.postgres import Postgres

SETTINGS = {"max_connections": "150"}  # nothing else: fsync and all of durability are the default
SHOWN = ("fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "max_wal_size")


@dataclass(frozen=True)
class Scratch:
    """Where the run writes; `processes` are the roots of the server's, where it is ours."""

    url: str
    pgbench: str
    processes: list[int]

    def server(self) -> str:
        """Version and durability, as the server itself says."""
        with psycopg.connect(self.url) as connection:
            told = [f"{name}={connection.execute(f'SHOW {name}').fetchone()[0]}" for name in SHOWN]  # type: ignore[index]
            version = connection.info.server_version
        return f"PostgreSQL {version // 10_000}.{version % 10_000}, {', '.join(told)}"


@contextmanager
def database() -> Iterator[Scratch]:
    """An empty database that is gone afterwards, of which Django's settings will read."""
    given = os.environ.get("DATABASE_URL")
    with _on_yours(given) if given else _on_ours() as scratch:
        os.environ["DATABASE_URL"] = scratch.url
        os.environ.setdefault("REDIS_URL", "memory://")
        lifted = os.environ.setdefault("PROVIDER_BUDGETS", "off")
        sys.stderr.write(f"provider budgets: {lifted}\n")
        yield scratch


@contextmanager
def _on_ours() -> Iterator[Scratch]:
    parent = DATABASES_OF_ROOT if os.geteuid() == 0 else Path(tempfile.gettempdir())
    parent.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="offerhub-bench-", dir=parent))
    home.chmod(0o711)
    postgres = Postgres(home=home / "pg", starter=Starter(logs=home), settings=SETTINGS)
    try:
        server = postgres.start()
        try:
            yield Scratch(
                postgres.url, str(postgres.install / "bin" / "pgbench"), [server.process.pid]
            )
        finally:
            stop_together([server], within=10)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _on_yours(url: str) -> Iterator[Scratch]:
    name = sql.Identifier(plain := f"offerhub_bench_{os.getpid()}")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            address = urlunsplit(urlsplit(url)._replace(path=f"/{plain}"))
            yield Scratch(address, shutil.which("pgbench") or "pgbench", [])
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
