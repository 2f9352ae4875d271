"""Rails: the platform's money between Airtm and Stellar, seen to leave and seen to arrive.

What leaves Stellar is our own payment. What leaves Airtm is asked for there by a person, and
recorded. What arrives on Stellar is found on the chain; what arrives at Airtm, an operator names.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import IntegrityError, transaction

from integrations.providers.stellar import wallets
from ledger import allocations, chart
from ledger.chart import AIRTM_FLOAT, UNATTRIBUTED
from ledger.events import Actor
from ledger.refusals import Conflict, Invalid
from withdrawals import destinations, postings, returns, strays
from withdrawals.models import TreasuryMove

_ONCE = ("one_leaves_for_airtm_at_a_time", "one_move_per_departure", "one_move_per_arrival")
Status = TreasuryMove.Status
Route = TreasuryMove.Route


class NoWayThere(Conflict):
    """AIRTM_DEPOSIT_ADDRESS does not say where Airtm takes USDC in for us."""

    code = "NO_DEPOSIT_ADDRESS"


class NotSeen(Conflict):
    """What is said to have arrived cannot be seen, or is not booked as unattributed."""

    code = "ARRIVAL_NOT_SEEN"


class AlreadyMoving(Conflict):
    """This move is recorded already; to Airtm one leaves at a time, so no click counts twice."""

    code = "MOVE_ALREADY_BEGUN"


class NotThatMuch(Invalid):
    """No more arrives than left, and something does."""


def to_airtm(book: int, amount: int, *, reason: str, by: Actor) -> TreasuryMove:
    """Begin to pay `amount` stroops from the treasury to where Airtm takes USDC in.

    Raises `NoWayThere`, `NothingFree`, `AlreadyMoving`.
    """
    target = settings.AIRTM_DEPOSIT_ADDRESS
    if not target:
        raise NoWayThere
    destinations.named(target, memo=settings.AIRTM_DEPOSIT_MEMO, memo_type="TEXT")
    destinations.refuse_wallets(target)
    source = wallets.treasury(book).address
    ends = {"source": source, "target": target, "memo": settings.AIRTM_DEPOSIT_MEMO}
    with _once():
        move = _start(book, amount, Route.TO_AIRTM, reason, by, **ends)
    allocations.open_for(
        book=book, name=chart.wallet(source), operation=str(move.id), amount=amount
    )
    return move


def from_airtm(book: int, amount: int, *, reference: str, reason: str, by: Actor) -> TreasuryMove:
    """Record that Airtm has taken `amount` from our balance there, to pay it to the treasury.

    `reference` is Airtm's id of that withdrawal. Raises `NothingFree`, `AlreadyMoving`.
    """
    if allocations.free(book, AIRTM_FLOAT) < amount:
        raise allocations.NothingFree
    target = wallets.treasury(book).address
    move = _start(book, amount, Route.FROM_AIRTM, reason, by, target=target)
    with _once():
        move.advance(Status.IN_TRANSIT, by=by, left_as=reference)
    postings.move_begun(book, str(move.id), AIRTM_FLOAT, amount, by=by)
    return move


def arrived_at_airtm(move: TreasuryMove, *, amount: int, reference: str, by: Actor) -> TreasuryMove:
    """Airtm shows `amount` under its deposit id `reference`; the rest was the way's price.

    Raises `NotReady`, `NotThatMuch`, `AlreadyMoving`, `IsAReturn`.
    """
    returns.require_other(move.book_id, deposit=reference)
    return _arrive(move, AIRTM_FLOAT, amount=amount, reference=reference, by=by)


def arrived_on_chain(move: TreasuryMove, *, tx_hash: str, by: Actor) -> TreasuryMove:
    """The transaction `tx_hash` brought it to the treasury, where it was booked as unattributed.

    Joins the caller's transaction. Raises `NotSeen`, `NotReady`, `NotThatMuch`.
    """
    amount = _brought(move, tx_hash, move.target, by=by)
    return _arrive(move, UNATTRIBUTED, amount=amount, reference=tx_hash, by=by)


def came_back(move: TreasuryMove, *, reason: str, by: Actor, tx_hash: str = "") -> TreasuryMove:
    """It never arrived, and is seen again, whole, where it came from.

    What had left over the chain comes back over it, with the transaction `tx_hash`, and was booked
    as unattributed. Raises `NotSeen`, `NotReady`, `NotThatMuch`.
    """
    move, place = move.locked(), AIRTM_FLOAT
    move.advance(Status.FAILED, by=by, reason=reason, failure=reason[:120])
    if move.route != Route.FROM_AIRTM:
        place = UNATTRIBUTED
        if _brought(move, tx_hash, move.source, by=by) != move.amount:
            raise NotThatMuch
    postings.move_failed(move.book_id, str(move.id), place, move.amount, by=by)
    return move


@contextmanager
def _once() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if any(name in str(error) for name in _ONCE):
            raise AlreadyMoving from error
        raise


def _start(book: int, amount: int, route: str, reason: str, by: Actor, **ends: str) -> TreasuryMove:
    move = TreasuryMove.start(
        by=by, book_id=book, route=route, amount=amount, reason=reason, **ends
    )
    chart.open_accounts(book, [chart.in_transit(str(move.id))])
    return move


def _arrive(
    move: TreasuryMove, place: chart.Account, *, amount: int, reference: str, by: Actor
) -> TreasuryMove:
    move = move.locked()
    if not 0 < amount <= move.amount:
        raise NotThatMuch
    fee = move.amount - amount
    with _once():
        move.advance(Status.ARRIVED, by=by, arrived_as=reference, fee=fee)
    postings.move_arrived(move.book_id, str(move.id), place, move.amount, fee=fee, by=by)
    return move


def _brought(move: TreasuryMove, tx_hash: str, address: str, *, by: Actor) -> int:
    """How much of it that transaction brought there; it is nobody's no longer."""
    place = {"tx_hash": tx_hash, "address": address, "amount": move.amount}
    brought = strays.recognise(move.book_id, **place, by=by)
    if not brought:
        raise NotSeen(hash=tx_hash)
    if brought > move.amount:
        raise NotThatMuch
    return brought
