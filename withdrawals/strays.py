"""Strays: money that arrived without an owner and is not a user's: sent back, or the platform's."""

from integrations.providers.models import ChainMovement, Wallet
from integrations.providers.stellar import wallets
from ledger import allocations, arrivals, chart
from ledger.atomicity import require_transaction
from ledger.events import Actor
from ledger.models import Arrival
from ledger.refusals import Conflict
from withdrawals import destinations, postings
from withdrawals.models import TreasuryMove

Status = Arrival.Status


class SenderUnknown(Conflict):
    """Nobody knows who sent it: name the address that it goes back to."""

    code = "SENDER_UNKNOWN"


def take_as_capital(arrival: Arrival, *, approval: str, by: Actor) -> Arrival:
    """It was the platform's own money. Joins the caller's transaction. Raises `NotReady`."""
    require_transaction()
    arrival = arrivals.advance(arrival, Status.CAPITAL, by=by, approval=approval)
    postings.capital(arrival, by=by)
    return arrival


def send_back(
    arrival: Arrival, *, approval: str, by: Actor, address: str, memo: str, memo_type: str
) -> TreasuryMove:
    """Begin to pay it back over the chain, to whoever sent it or to `address`.

    It leaves the wallet that it reached, or else the treasury. Joins the caller's transaction;
    booked when the chain shows the payment. Raises `SenderUnknown`, `NoAddress`, `NoMemo`,
    `NotPayable`, `NothingFree`, `NotReady`.
    """
    require_transaction()
    target = address or _sender(arrival)
    if not target or destinations.is_name(target):
        raise SenderUnknown
    destinations.named(target, memo=memo, memo_type=memo_type)
    destinations.refuse_ours(target)
    arrival = arrivals.advance(arrival, Status.GOING_BACK, by=by, approval=approval)
    move = TreasuryMove.start(
        by=by,
        book_id=arrival.book_id,
        route=TreasuryMove.Route.BACK,
        arrival=arrival,
        amount=arrival.amount,
        source=_payer(arrival).address,
        target=target,
        memo=memo,
        memo_type=memo_type,
        reason=f"{arrival.id} goes back.",
    )
    _promise(move)
    return move


def recognise(book: int, *, tx_hash: str, address: str, amount: int, by: Actor) -> int:
    """What the transaction brought to a wallet of ours, unclaimed, was a treasury move's.

    Ends at most `amount` stroops of arrivals, all of the transaction's or none, and answers their
    sum. Joins the caller's transaction.
    """
    require_transaction()
    found = arrivals.waiting(book, _causes(book, tx_hash, address))
    brought = sum(int(arrival.amount) for arrival in found)
    if 0 < brought <= amount:
        for arrival in found:
            arrivals.advance(arrival, Status.RECOGNISED, by=by)
    return brought


def went_back(move: TreasuryMove, *, by: Actor) -> None:
    """The chain shows the payment; in the transaction that ends the move."""
    arrival = _going_back(move)
    arrivals.advance(arrival, Status.SENT_BACK, by=by, approval=arrival.approval)
    postings.sent_back(arrival, move.source, by=by)


def stays(move: TreasuryMove, *, by: Actor) -> None:
    """The payment failed for certain: it waits for somebody as before."""
    arrivals.advance(_going_back(move), Status.UNCLAIMED, by=by)


def _going_back(move: TreasuryMove) -> Arrival:
    assert move.arrival  # a move by this route has one: `what_goes_back_had_arrived`
    return move.arrival


def _sender(arrival: Arrival) -> str:
    """Whoever paid it over the chain, unless that was an exchange's contract or the issuer."""
    movement = _movement(arrival)
    name = movement.counterparty if movement else ""
    return str(name) if name.startswith("G") else ""


def _payer(arrival: Arrival) -> Wallet:
    """Raises `NothingFree`."""
    movement, treasury = _movement(arrival), wallets.treasury(arrival.book_id)
    for wallet in (_wallet(movement.address) if movement else None, treasury):
        if wallet and not wallet.frozen_at and _has(wallet, arrival.amount):
            return wallet
    raise allocations.NothingFree(account="wallet", subject=treasury.address)


def _has(wallet: Wallet, amount: int) -> bool:
    return allocations.free(wallet.book_id, chart.wallet(wallet.address)) >= amount


def _promise(move: TreasuryMove) -> None:
    operation, place = str(move.id), chart.wallet(move.source)
    allocations.open_for(book=move.book_id, name=place, operation=operation, amount=move.amount)


def _movement(arrival: Arrival) -> ChainMovement | None:
    """The movement on the chain that brought it, if one did."""
    network, _, place = arrival.cause.partition(":")
    operation, _, index = place.partition(":")
    if arrival.kind != "deposit_unattributed" or not (operation.isdigit() and index.isdigit()):
        return None
    rows = ChainMovement.objects.of(arrival.book_id).filter(direction=ChainMovement.Direction.IN)
    found: ChainMovement | None = rows.filter(
        network=network, operation_id=operation, change_index=index
    ).first()
    return found


def _wallet(address: str) -> Wallet | None:
    found: Wallet | None = Wallet.across_books.filter(address=address).first()
    return found


def _causes(book: int, tx_hash: str, address: str) -> list[str]:
    rows = ChainMovement.objects.of(book).filter(
        tx_hash=tx_hash, address=address, direction=ChainMovement.Direction.IN
    )
    return [row.cause for row in rows]
