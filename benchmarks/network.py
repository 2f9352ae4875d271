"""The pretended Stellar network under `make bench-deposits`: wallets, payments, and its Horizon."""

import threading
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

from integrations.providers.stellar.networks import network
from integrations.simulators.models import (
    StellarAccount,
    StellarLedger,
    StellarOperation,
    StellarTrustline,
)
from integrations.simulators.stellar import genesis, gifts
from integrations.simulators.stellar.amounts import MOST
from ledger.money import DOLLAR

BATCH = 1_000


class Network:
    """Payments of a stranger's, each of a stroop more than the one before, to one wallet after the
    other; `paid` is when each was on the chain, and its place in the feed.
    """

    def __init__(self, addresses: list[str]) -> None:
        self.addresses = addresses
        self.paid: list[tuple[float, int]] = []
        genesis.begin()
        for start in range(0, len(addresses), BATCH):
            _furnish(addresses[start : start + BATCH])

    def pay(self) -> None:
        number = len(self.paid)
        address = self.addresses[number % len(self.addresses)]
        sent = gifts.pay_from_stranger(address, amount=DOLLAR + number + 1)
        place = StellarOperation.objects.only("id").get(transaction=sent).pk
        self.paid.append((time.monotonic(), place))

    def behind(self, cursor: int) -> int:
        """How many payments a cursor has passed."""
        return bisect_right([place for _, place in self.paid], cursor)


@contextmanager
def horizon() -> Iterator[str]:
    """The simulator's Horizon over HTTP, on a free port of this process."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
    server.daemon_threads = True
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/simulators/stellar"
    server.shutdown()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing to say."""


def _furnish(addresses: list[str]) -> None:
    """Accounts with a trustline, as `OpenWallet` leaves them."""
    ledger, usdc = StellarLedger.objects.earliest("sequence"), network().usdc
    flag = StellarTrustline.Flag
    StellarAccount.objects.bulk_create(
        StellarAccount(
            address=address,
            sequence=ledger.sequence << 32,
            xlm=0,
            num_subentries=1,
            num_sponsored=3,
            changed_in=ledger.sequence,
            changed_at=ledger.closed_at,
        )
        for address in addresses
    )
    StellarTrustline.objects.bulk_create(
        StellarTrustline(
            account_id=address,
            asset_code=usdc.code,
            asset_issuer=str(usdc.issuer),
            balance=0,
            limit=MOST,
            flags=flag.AUTHORIZED | flag.CLAWBACK_ENABLED,
        )
        for address in addresses
    )
