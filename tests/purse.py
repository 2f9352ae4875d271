"""USDC in people's wallets, and where it can be paid out to."""

from django.db import transaction
from stellar_sdk import Keypair

from integrations.marketplaces.models import User
from integrations.providers.models import Wallet
from integrations.providers.stellar import wallets
from integrations.simulators import clock
from integrations.simulators.models import StellarOperation, StellarTrustline
from integrations.simulators.stellar import genesis, gifts
from ledger import sweeping
from ledger.events import SYSTEM
from ledger.models import Account
from ledger.money import DOLLAR, parse, text
from payments import postings
from tests.cast import Api, Worker


def wallet_of(user: str, worker: Worker) -> Wallet:
    """The user's wallet, READY."""
    book = User.across_books.get(pk=user).book_id
    with transaction.atomic():
        wallets.ensure(book=book, holder=user, by=SYSTEM)
    worker.settle()
    return Wallet.across_books.get(holder=user, status="READY")


def deposit(user: str, amount: str, worker: Worker) -> Wallet:
    """A stranger pays into the user's wallet, and the books are told."""
    wallet = wallet_of(user, worker)
    paid = gifts.pay_from_stranger(wallet.address, amount=parse(amount))
    operation = StellarOperation.objects.get(transaction=paid)
    cause = f"simulated/{operation.pk}/0"
    with transaction.atomic():
        postings.deposited(
            wallet.book_id, wallet.address, user, parse(amount), cause=cause, by=SYSTEM
        )
    return wallet


def outside(*, usdc: int = 0) -> str:
    """The address of somebody who is not ours, with a trustline."""
    address = Keypair.random().public_key
    genesis.open_account(address, xlm=100 * DOLLAR, usdc=usdc)
    return address


def on_chain(address: str) -> str:
    """What the chain says that an address holds."""
    return text(StellarTrustline.objects.get(account_id=address).balance)


def in_books(address: str) -> str:
    """What our books say that a wallet of ours holds."""
    return text(Account.across_books.get(kind="wallet", subject=address).balance)


def to(address: str, amount: str, user: str, **more: object) -> dict[str, object]:
    """What a withdrawal to an address is asked for with."""
    destination: dict[str, object] = {"type": "STELLAR", "address": address}
    for name in ("memo", "memo_type"):
        if name in more:
            destination[name] = more.pop(name)
    return {"user_id": user, "amount": amount, "destination": destination, **more}


def withdrawn(api: Api, worker: Worker, body: dict[str, object]) -> dict[str, object]:
    """Committed at once, and carried as far as it goes."""
    made = api.made("withdrawals", {**body, "commit": True})
    worker.settle()
    seen: dict[str, object] = api.seen(f"withdrawals/{made['id']}")
    return seen


def drain(worker: Worker, *, later: int = 0) -> None:
    """Run what was published, and with `later` (seconds) also what is overdue by then.

    Unlike `settle` it leaves alone what waits.
    """
    if later:
        clock.advance(seconds=later)
        sweeping.sweep()
    while worker.step():
        pass
