"""Escrows: opened for an order, then carried on until the contract is where it should be.

Each step is one transaction on the chain (a `Submission`). A step is prepared with nothing locked,
claimed in a transaction, sent by its own conversation, and its end is taken in exactly once
(`taken_in`). After any failure `proceed` goes on from where the contract stands.
"""

from django.db import transaction

from escrow import funding, outcomes, steps
from escrow.models import Escrow
from integrations.marketplaces import users
from integrations.providers import directory
from integrations.providers.answers import Declined, Done
from integrations.providers.intents import EscrowIntent
from integrations.providers.models import Submission, Wallet
from integrations.providers.stellar import submission, wallets
from ledger import chart, clock
from ledger.atomicity import alone
from ledger.events import Actor
from payments import orders
from payments.models import Order

STELLAR = Actor("stellar")


def checkout(order: Order, *, by: Actor) -> Order:
    """Reserve the buyer's money, open the escrow and fund it, as one act."""
    order = orders.reserve(order, by=by, in_checkout=True)
    open_for(order, by=by)
    return order


def open_for(order: Order, *, by: Actor) -> Escrow:
    """Write down the escrow of a locked, reserved order; its wallets are made if need be."""
    order.advance(order.Status.ESCROW_CREATING, by=by, failure_code="", failure="")
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


def proceed(escrow_id: str) -> None:
    """Carry the escrow on: take in the end of the last step, then claim the next."""
    with alone(escrow_id) as mine:
        last = submission.latest(escrow_id)
        if not mine or (last and last.status in Submission.UNDER_WAY):
            return
        if last and outcomes.is_news(last) and not outcomes.take_in(last):
            return
        _claim_next(outcomes.escrow(escrow_id))


def heard(*, submission_id: str) -> None:
    """A step of some escrow has ended on the chain."""
    proceed(Submission.across_books.get(pk=submission_id).subject)


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


def freeze(escrow_id: str) -> None:
    """Refuse further acts on an escrow until somebody has settled what is wrong."""
    Escrow.across_books.filter(pk=escrow_id, frozen_at=None).update(frozen_at=clock.now())


def wallet_is_ready(wallet_id: str) -> None:
    """Go on with the escrows that waited for this wallet."""
    waiting = Escrow.across_books.filter(status=Escrow.Status.CREATING)
    for side in ("buyer_wallet", "seller_wallet"):
        for escrow_id in waiting.filter(**{side: wallet_id}).values_list("pk", flat=True):
            proceed(escrow_id)


def _wallet_of(book: int, user: str, by: Actor) -> Wallet:
    return wallets.ensure(book=book, holder=user, by=by)


def _claim_next(escrow: Escrow) -> None:
    if _is_stopped(escrow) or (intent := _next_intent(escrow)) is None:
        return
    match submission.prepare(book=escrow.book_id, intent=intent, about=escrow.trail):
        case Done(prepared):
            _claim(escrow, prepared, intent)
        case Declined(funding.SHORT, _) if escrow.status == Escrow.Status.FUNDING:
            funding.report_shortage(escrow)
        case Declined(code, message):
            outcomes.turn_back(escrow, code=code, message=message)
        case _:
            escrow.look_again()


def _is_stopped(escrow: Escrow) -> bool:
    """Frozen, or about to take money of a buyer whose money must not move: it waits."""
    takes_money = escrow.status in {Escrow.Status.CREATING, Escrow.Status.FUNDING}
    return bool(escrow.frozen_at) or (takes_money and not users.may_act(escrow.order.buyer_id))


def _next_intent(escrow: Escrow) -> EscrowIntent | None:
    match escrow.status:
        case Escrow.Status.CREATING if _wallets_are_ready(escrow):
            return steps.deployment(escrow)
        case Escrow.Status.FUNDING if payer := funding.payer(escrow):
            return steps.funding(escrow, payer=payer.address)
        case Escrow.Status.RELEASING:
            return _towards_release(escrow)
    return None


def _wallets_are_ready(escrow: Escrow) -> bool:
    both = (escrow.buyer_wallet, escrow.seller_wallet)
    return all(wallet.status == wallet.Status.READY for wallet in both)


def _towards_release(escrow: Escrow) -> EscrowIntent | None:
    book, trail = escrow.book_id, escrow.trail
    answer = directory.escrows(book, trail=trail).read(contract_id=escrow.contract_id)
    if not isinstance(answer, Done):
        return None
    intent = steps.towards_release(escrow, answer.value)
    if intent is None:
        outcomes.find_foreign_end(escrow, answer.value)
    return intent


def _claim(escrow: Escrow, prepared: submission.Prepared, intent: EscrowIntent) -> None:
    """Store the signed step; from here on it may be handed in."""
    purpose = steps.PURPOSES[type(intent)]
    subject, trail = str(escrow.id), escrow.trail
    try:
        with transaction.atomic():
            submission.claim(prepared, purpose=purpose, subject=subject, trail=trail, by=STELLAR)
    except (submission.Busy, submission.Frozen):
        escrow.look_again()
