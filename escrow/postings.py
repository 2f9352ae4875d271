"""How money moves into escrow and out of it; the table is `design/money.md`."""

from dataclasses import dataclass

from ledger.chart import (
    ADJUSTMENTS,
    PLATFORM_FEES,
    PROTOCOL_FEES,
    available,
    contract,
    escrowed,
    reserved,
    wallet,
)
from ledger.events import Actor
from ledger.posting import Posted, credit, debit, post

from .models import Escrow


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one settled transaction moved out of the contract, its legs told apart by address."""

    to_receiver: int
    to_fees: int
    to_protocol: int
    to_strangers: int

    @property
    def total(self) -> int:
        return self.to_receiver + self.to_fees + self.to_protocol + self.to_strangers


def funded(escrow: Escrow, *, funder: str, by: Actor) -> Posted:
    buyer = escrow.order.buyer_id
    legs = [
        debit(reserved(buyer), escrow.amount),
        credit(escrowed(escrow.id), escrow.amount),
        debit(contract(escrow.id), escrow.amount),
        credit(wallet(funder), escrow.amount),
    ]
    return post(
        escrow.book_id, "escrow_funded", cause=escrow.id, legs=legs, by=by, trail=escrow.trail
    )


def released(escrow: Escrow, seen: Seen, *, by: Actor) -> Posted:
    """Commission is shown gross: what the seller does not get; the protocol's share is an expense."""
    legs = [
        debit(escrowed(escrow.id), seen.total),
        credit(available(escrow.order.seller_id), seen.to_receiver),
        credit(PLATFORM_FEES, seen.total - seen.to_receiver),
        debit(wallet(escrow.seller_wallet.address), seen.to_receiver),
        debit(wallet(escrow.fees_wallet.address), seen.to_fees),
        debit(PROTOCOL_FEES, seen.to_protocol),
        debit(ADJUSTMENTS, seen.to_strangers),
        credit(contract(escrow.id), seen.total),
    ]
    return post(escrow.book_id, "release", cause=escrow.id, legs=legs, by=by, trail=escrow.trail)
