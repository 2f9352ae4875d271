"""Rails: the platform's money between Airtm and Stellar, seen to leave and seen to arrive.

What leaves Stellar is our own payment. What leaves Airtm is asked for there by a person, and
recorded. What arrives on Stellar is found on the chain; what arrives at Airtm, an operator names.
"""

from django.conf import settings
from django.db import transaction

from integrations.providers import directory
from integrations.providers.answers import Done
from integrations.providers.ports import ChainTransaction
from integrations.providers.stellar import wallets
from ledger import allocations, chart
from ledger.chart import AIRTM_FLOAT, UNATTRIBUTED
from ledger.events import Actor
from ledger.models import Transfer
from ledger.refusals import Conflict, Invalid
from withdrawals import destinations, postings
from withdrawals.models import TreasuryMove

Status = TreasuryMove.Status
Route = TreasuryMove.Route


class NoWayThere(Conflict):
    """AIRTM_DEPOSIT_ADDRESS does not say where Airtm takes USDC in for us."""

    code = "NO_DEPOSIT_ADDRESS"


class NotSeen(Conflict):
    """What is said to have arrived cannot be seen, or is not booked as unattributed."""

    code = "ARRIVAL_NOT_SEEN"


class NotThatMuch(Invalid):
    """No more arrives than left, and something does."""


def to_airtm(book: int, amount: int, *, reason: str, by: Actor) -> TreasuryMove:
    """Begin to pay `amount` stroops from the treasury to where Airtm takes USDC in.

    Raises `NoWayThere`, `NothingFree`.
    """
    target = settings.AIRTM_DEPOSIT_ADDRESS
    if not target:
        raise NoWayThere
    destinations.named(target, memo=settings.AIRTM_DEPOSIT_MEMO, memo_type="TEXT")
    destinations.refuse_ours(target)
    source = wallets.treasury(book).address
    move = _start(book, amount, Route.TO_AIRTM, reason, by, source=source, target=target)
    allocations.open_for(
        book=book, name=chart.wallet(source), operation=str(move.id), amount=amount
    )
    return move


def from_airtm(book: int, amount: int, *, reference: str, reason: str, by: Actor) -> TreasuryMove:
    """Record that Airtm has taken `amount` from our balance there, to pay it to the treasury.

    `reference` is Airtm's id of that withdrawal. Raises `NothingFree`.
    """
    if allocations.free(book, AIRTM_FLOAT) < amount:
        raise allocations.NothingFree
    target = wallets.treasury(book).address
    move = _start(book, amount, Route.FROM_AIRTM, reason, by, target=target)
    move.advance(Status.IN_TRANSIT, by=by, left_as=reference)
    postings.move_begun(book, str(move.id), AIRTM_FLOAT, amount, by=by)
    return move


def arrived_at_airtm(move: TreasuryMove, *, amount: int, reference: str, by: Actor) -> TreasuryMove:
    """Airtm shows `amount` under its deposit id `reference`; the rest was the way's price.

    Raises `NotReady`, `NotThatMuch`.
    """
    return _arrive(move, AIRTM_FLOAT, amount=amount, reference=reference, by=by)


def arrived_on_chain(move: TreasuryMove, *, tx_hash: str, by: Actor) -> TreasuryMove:
    """The transaction `tx_hash` brought it to the treasury, where it was booked as unattributed.

    Asks the chain, so it opens its own transaction. Raises `NotSeen`, `NotReady`, `NotThatMuch`.
    """
    seen = directory.chain(trail=str(move.id)).find(tx_hash)
    if not isinstance(seen, Done) or not seen.value.successful:
        raise NotSeen(hash=tx_hash)
    amount = _booked(move, seen.value)
    with transaction.atomic():
        return _arrive(move, UNATTRIBUTED, amount=amount, reference=seen.value.hash, by=by)


def came_back(move: TreasuryMove, *, reason: str, by: Actor) -> TreasuryMove:
    """It never arrived, and is seen again, whole, where it came from. Raises `NotReady`."""
    move = move.locked()
    move.advance(Status.FAILED, by=by, reason=reason, failure=reason[:120])
    place = AIRTM_FLOAT if move.route == Route.FROM_AIRTM else UNATTRIBUTED
    postings.move_failed(move.book_id, str(move.id), place, move.amount, by=by)
    return move


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
    move.advance(Status.ARRIVED, by=by, arrived_as=reference, fee=fee)
    postings.move_arrived(move.book_id, str(move.id), place, move.amount, fee=fee, by=by)
    return move


def _booked(move: TreasuryMove, seen: ChainTransaction) -> int:
    """How much of it reached the treasury; each arrival was booked before, by whoever watches."""
    arrivals = [one for one in seen.movements if one.target == move.target]
    transfers = Transfer.objects.of(move.book_id).filter(kind="deposit_unattributed")
    for one in arrivals:
        if not transfers.filter(cause__contains=one.operation_id).exists():
            raise NotSeen(operation=one.operation_id)
    return sum(one.amount for one in arrivals)
