"""Funding: begun once, and who pays into the contract, promised before anybody is asked."""

from typing import Any

from django.db import transaction

from escrow.models import Escrow
from integrations.providers.models import Wallet
from ledger import allocations, chart, money
from ledger.events import Actor
from ledger.findings import find, resolve
from ledger.models import Allocation
from payments import orders
from payments.models import Order

SHORT = "INSUFFICIENT_FUNDS"  # Trustless Work's builder looks at the chain, and finds too little


def begin(order: Order, escrow: Escrow, *, by: Actor, **facts: Any) -> None:
    """From here on the money is on its way; joins the caller's transaction, order locked."""
    escrow.advance(escrow.Status.FUNDING, by=by)
    order.advance(order.Status.ESCROW_FUNDING, by=by, failure_code="", failure="", **facts)
    orders.keep_hold(order)


def payer(escrow: Escrow) -> Wallet | None:
    """The wallet that pays, chosen once: the buyer's own if it holds enough, else the treasury.

    None, with a finding, while neither has so much that is not promised already.
    """
    wallets = {w.address: w for w in (escrow.buyer_wallet, escrow.treasury_wallet)}
    promised = Allocation.across_books.filter(operation=escrow.pk, closed_at=None)
    if chosen := promised.select_related("account").first():
        return wallets[chosen.account.subject]
    found = next((wallet for wallet in wallets.values() if _promise(escrow, wallet)), None)
    if found is None:
        report_shortage(escrow)
    else:
        amount = money.text(escrow.amount)
        story = f"{amount} USD were promised to it from wallet {found.address}."
        forget_shortage(escrow, story=story)
    return found


def report_shortage(escrow: Escrow) -> None:
    """The escrow waits, and somebody has to bring money; nobody is turned away for it."""
    find(
        book=escrow.book_id,
        kind="treasury_short",
        subject=str(escrow.id),
        trail=escrow.trail,
        expected={"free_at_least": escrow.amount},
        amount=escrow.amount,
    )


def forget_shortage(escrow: Escrow, *, story: str) -> None:
    """It waits for no money any more; in the transaction that says why."""
    subject = str(escrow.id)
    resolve(book=escrow.book_id, kind="treasury_short", subject=subject, story=story)


def _promise(escrow: Escrow, wallet: Wallet) -> bool:
    try:
        with transaction.atomic():
            allocations.open_for(
                book=escrow.book_id,
                name=chart.wallet(wallet.address),
                operation=str(escrow.id),
                amount=escrow.amount,
            )
    except allocations.NothingFree:
        return False
    return True
