"""Escrows: opened for a reserved order, funded, and given up where nobody funds them."""

from typing import Any

from django.db import transaction

from escrow import funding, progress, stakes
from escrow.models import Escrow
from integrations.providers.answers import STELLAR
from integrations.providers.models import Wallet
from integrations.providers.stellar import wallets
from ledger import chart
from ledger.events import Actor
from ledger.refusals import Conflict, NotReady
from payments import orders
from payments.models import Order

Status = Order.Status


class AlreadyExists(Conflict):
    """This order has its escrow."""

    code = "ESCROW_ALREADY_EXISTS"


def checkout(order: Order, *, by: Actor) -> Order:
    """Reserve the buyer's money, open the escrow and fund it, as far as it has not been done.

    Raises `InsufficientFunds`, `NotReady` and the users' refusals.
    """
    order = orders.acting(order)
    orders.require_escrow(order)  # before anything is set aside: the refusal says where it stands
    match order.status:
        case Status.CREATED:
            order = orders.reserve(order, by=by, in_checkout=True)
            open_for(order, by=by)
        case Status.FUNDS_RESERVED:
            open_for(order, by=by, in_checkout=True)
        case Status.ESCROW_CREATED:
            funding.begin(order, stakes.live(order), by=by, in_checkout=True)
        case _:
            raise NotReady(current_status=order.status, allowed_from=sorted(_CHECKED_OUT_FROM))
    return order


def create(order: Order, *, by: Actor) -> Order:
    """Deploy the contract of a reserved order, and fund it later. Raises `AlreadyExists`."""
    order = orders.acting(order)
    if order.escrows.exclude(status=Escrow.Status.FAILED).exists():
        raise AlreadyExists(current_status=order.status, allowed_from=[Status.FUNDS_RESERVED])
    open_for(order, by=by)
    return order


def fund(order: Order, *, by: Actor) -> Order:
    """Move the reserved money into the contract; also again, after a refusal for certain."""
    order = orders.acting(order)
    if order.status != Status.ESCROW_CREATED:
        raise NotReady(current_status=order.status, allowed_from=[Status.ESCROW_CREATED])
    funding.begin(order, stakes.live(order), by=by)
    return order


def open_for(order: Order, *, by: Actor, **facts: Any) -> Escrow:
    """Write down the escrow of a locked, reserved order; its wallets are made if need be."""
    orders.require_escrow(order)
    order.advance(Status.ESCROW_CREATING, by=by, failure_code="", failure="", **facts)
    orders.keep_hold(order)
    book = order.book_id
    escrow = Escrow.start(
        by=by,
        book_id=book,
        order=order,
        amount=order.amount,
        platform_fee_bps=order.platform_fee_bps,
        buyer_wallet=_wallet_of(book, order.buyer_id, by),
        seller_wallet=_wallet_of(book, order.seller_id, by),
        fees_wallet=wallets.of_role(book=book, role=Wallet.Role.FEES),
        resolver_wallet=wallets.of_role(book=book, role=Wallet.Role.RESOLVER),
        treasury_wallet=wallets.of_role(book=book, role=Wallet.Role.TREASURY),
    )
    chart.open_accounts(book, [chart.escrowed(escrow.id)], owner=order.buyer_id)
    chart.open_accounts(book, [chart.surplus(escrow.id), chart.contract(escrow.id)])
    return escrow


def abandon(escrow_id: str) -> None:
    """Give up the empty contract of an order that was closed before it was funded."""
    with transaction.atomic():
        order = orders.locked(Escrow.across_books.get(pk=escrow_id).order_id)
        rows = Escrow.across_books.filter(pk=escrow_id, status=Escrow.Status.CREATED)
        for escrow in rows.select_for_update(no_key=True):
            if order.status == order.Status.CLOSED:
                escrow.advance(Escrow.Status.FAILED, by=STELLAR, reason="the order was closed")


def order_is_closed(order_id: str) -> None:
    """An order has ended; its escrow may be one that nobody funded."""
    for escrow_id in Escrow.across_books.filter(order=order_id).values_list("pk", flat=True):
        abandon(escrow_id)


def wallet_is_ready(wallet_id: str) -> None:
    """Go on with the escrows that waited for this wallet."""
    waiting = Escrow.across_books.filter(status=Escrow.Status.CREATING)
    for side in ("buyer_wallet", "seller_wallet"):
        for escrow_id in waiting.filter(**{side: wallet_id}).values_list("pk", flat=True):
            progress.proceed(escrow_id)


_CHECKED_OUT_FROM = {Status.CREATED, Status.FUNDS_RESERVED, Status.ESCROW_CREATED}


def _wallet_of(book: int, user: str, by: Actor) -> Wallet:
    return wallets.ensure(book=book, holder=user, by=by)
