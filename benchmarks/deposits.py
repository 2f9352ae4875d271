"""`make bench-deposits`: how soon a deposit is credited when many wallets are watched.

Wallets are seeded straight into our tables and the simulator's, and its Horizon, in this process,
tells of their deposits. What is measured is the watch: how long it takes to be ready, how long a
deposit takes from being on the chain to being in the books, and what memory it needs. Nothing is
asserted; at the end the books are proved and compared with what was paid.
"""

import os
import resource
import sys
import threading
import time
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from pathlib import Path
from typing import Any

import django
from rich.console import Console
from rich.table import Table

from benchmarks import sandbox_deposits, scratch
from benchmarks.machine import Meter, described

BATCH = 1_000
PAUSE = 1.0  # seconds, as in `watch_stellar`
GRACE = 120  # seconds until what is still missing counts as lost


class Bench:
    """One run: wallets, deposits at a rate, and when each of them was seen in the books."""

    def __init__(self, options: Namespace, console: Console) -> None:
        self.options = options
        self.console = console
        self.meter = Meter()
        self.errors: dict[str, int] = defaultdict(int)
        self.took: list[float] = []
        self.ready = 0.0
        self.memory: list[int] = []

    def run(self) -> bool:
        from django.conf import settings  # noqa: PLC0415 – after `django.setup()`

        from benchmarks.network import Network, horizon  # noqa: PLC0415

        self.console.print(f"seeding {self.options.wallets:,} wallets …")
        self.book, addresses = seed(self.options.wallets)
        self.chain = Network(addresses)
        with horizon() as settings.STELLAR_HORIZON_URL:
            self.meter.start()
            self._start()
            payer = threading.Thread(target=self._pay, daemon=True)
            payer.start()
            self._watch(payer)
        return self._tell()

    def _start(self) -> None:
        from integrations.providers.stellar import feed  # noqa: PLC0415

        begun = time.monotonic()
        feed.follow()
        self.ready = time.monotonic() - begun
        self.memory.append(memory())

    def _pay(self) -> None:
        begun = time.monotonic()
        for number in range(self.options.deposits):
            due = begun + number / self.options.rate
            time.sleep(max(due - time.monotonic(), 0))
            self.chain.pay()

    def _watch(self, payer: threading.Thread) -> None:
        from integrations.providers.stellar import feed  # noqa: PLC0415

        deadline = time.monotonic() + self.options.deposits / self.options.rate + GRACE
        done = 0
        while done < self.options.deposits and time.monotonic() < deadline:
            begun = time.monotonic()
            try:
                feed.follow()
            except Exception as error:
                self.errors[type(error).__name__] += 1
            done = self._count(done)
            self.memory.append(memory())
            time.sleep(max(PAUSE - (time.monotonic() - begun), 0) if payer.is_alive() else 0.05)

    def _count(self, before: int) -> int:
        """A page is committed as a whole: what the cursor has passed was credited just now."""
        from integrations.providers.stellar import feed  # noqa: PLC0415

        now, after = time.monotonic(), self.chain.behind(feed.span()[1])
        self.took += [now - at for at, _ in self.chain.paid[before:after]]
        return after

    def _tell(self) -> bool:
        table = Table("measured", "figure")
        took = sorted(self.took) or [0.0]
        for name, figure in {
            "wallets": f"{self.options.wallets:,}",
            "ready after": f"{self.ready:.2f} s",
            "cursors": f"{cursors()}",
            "deposits credited": f"{len(self.took):,} of {self.options.deposits:,}",
            "at a rate of": f"{self.options.rate}/s",
            "on the chain → credited, p50": f"{took[len(took) // 2]:.2f} s",
            "on the chain → credited, p99": f"{took[int(len(took) * 0.99)]:.2f} s",
            "memory at the start": f"{self.memory[0] // 1024:,} MiB",
            "memory at the end": f"{self.memory[-1] // 1024:,} MiB",
            "most memory": f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:,} MiB",
            "errors": ", ".join(f"{n} × {name}" for name, n in self.errors.items()) or "none",
            "others' CPU": self.meter.told(),
        }.items():
            table.add_row(name, figure)
        self.console.print(table)
        balanced = is_balanced(self.book, len(self.took))
        self.console.print(f"books balanced: {'yes' if balanced else 'NO'}")
        return balanced and len(self.took) == self.options.deposits and not self.errors


def seed(number: int) -> tuple[int, list[str]]:
    """A book with this many users, each with a wallet that the chain has never seen."""
    from integrations.marketplaces import tenants  # noqa: PLC0415
    from integrations.marketplaces.models import User  # noqa: PLC0415
    from integrations.providers.models import Address, Wallet  # noqa: PLC0415
    from ledger import chart, clock  # noqa: PLC0415

    book, now = tenants.open_marketplace(name="Bench", mode="test").book_id, clock.now()
    addresses = []
    for start in range(0, number, BATCH):
        users = [
            User(book_id=book, external_id=f"u{place}", type="BUYER", created_at=now)
            for place in range(start, min(start + BATCH, number))
        ]
        wallets = [wallet_of(user, now) for user in users]
        User.across_books.bulk_create(users)
        Wallet.across_books.bulk_create(wallets)
        Address.across_books.bulk_create(
            Address(book_id=book, address=w.address, role=w.role, subject=w.id) for w in wallets
        )
        for user, wallet in zip(users, wallets, strict=True):
            kinds = [chart.available(user.id), chart.wallet(wallet.address)]
            chart.open_accounts(book, kinds, owner=user.id)
        addresses += [wallet.address for wallet in wallets]
    return book, addresses


def wallet_of(user: Any, now: Any) -> Any:
    from integrations.providers.models import Wallet  # noqa: PLC0415
    from integrations.providers.stellar import signer  # noqa: PLC0415
    from ledger.fields import new_id  # noqa: PLC0415

    wallet = new_id("wal")
    address, sealed_key = signer.new_key(wallet=wallet)
    return Wallet(
        id=wallet,
        book_id=user.book_id,
        holder=user.id,
        address=address,
        sealed_key=sealed_key,
        status=Wallet.Status.READY,
        created_at=now,
        status_since=now,
    )


def cursors() -> int:
    from integrations.providers.models import ChainCursor  # noqa: PLC0415

    return ChainCursor.objects.count()


def is_balanced(book: int, deposits: int) -> bool:
    """Every invariant holds, and the users have exactly what was paid."""
    from django.db.models import Sum  # noqa: PLC0415

    from ledger import proofs  # noqa: PLC0415
    from ledger.models import Account  # noqa: PLC0415
    from ledger.money import DOLLAR  # noqa: PLC0415

    owed = Account.across_books.filter(book=book, kind="available").aggregate(sum=Sum("balance"))
    paid = deposits * DOLLAR + deposits * (deposits + 1) // 2
    return owed["sum"] == paid and proofs.faults(book=book) == []


def memory() -> int:
    """What this process has resident now, in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--wallets", type=int, default=25_000)
    parser.add_argument("--deposits", type=int, default=2_000)
    parser.add_argument("--rate", type=int, default=20, help="deposits per second")
    parser.add_argument("--sandbox", type=Path, help="measure the running sandbox of this file")
    options = parser.parse_args()
    console = Console(width=110, highlight=False)
    if options.sandbox:
        sys.exit(0 if sandbox_deposits.run(options, console) else 1)
    with scratch.database() as place:
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        django.setup()
        from django.core.management import call_command  # noqa: PLC0415

        call_command("migrate", verbosity=0)
        console.print(described())
        console.print(place.server())
        good = Bench(options, console).run()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
