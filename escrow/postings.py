"""How money moves into escrow and out of it; the table is in `tests/escrow/test_postings.py`."""

from dataclasses import dataclass

from escrow.models import Escrow
from escrow.stakes import Stake
from ledger.chart import (
    ADJUSTMENTS,
    PLATFORM_FEES,
    PROTOCOL_FEES,
    UNATTRIBUTED,
    Account,
    available,
    contract,
    escrowed,
    reserved,
    surplus,
    wallet,
)
from ledger.events import Actor
from ledger.posting import Posted, credit, debit, post

RELEASE, REFUND, SPLIT = "release", "refund", "split"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one settled transaction moved out of the contract, its legs told apart by address."""

    to_seller: int = 0
    to_buyer: int = 0
    to_treasury: int = 0  # its share of a surplus
    to_fees: int = 0
    to_protocol: int = 0
    to_strangers: int = 0

    @property
    def total(self) -> int:
        return sum(getattr(self, name) for name in self.__slots__)


def funded(escrow: Escrow, *, funder: str, by: Actor) -> Posted:
    """Our own transaction was seen moving the whole amount into this contract."""
    buyer, amount = escrow.order.buyer_id, escrow.amount
    legs = [
        debit(reserved(buyer), amount),
        credit(escrowed(escrow.id), amount),
        debit(contract(escrow.id), amount),
        credit(wallet(funder), amount),
    ]
    cause, trail = escrow.id, escrow.trail
    return post(escrow.book_id, "escrow_funded", cause=cause, legs=legs, by=by, trail=trail)


def surplus_seen(escrow: Escrow, amount: int, *, cause: str, by: Actor) -> Posted:
    """Foreign USDC in the contract, posted before every resolution on a fresh balance."""
    legs = [debit(contract(escrow.id), amount), credit(surplus(escrow.id), amount)]
    return post(escrow.book_id, "surplus", cause=cause, legs=legs, by=by, trail=escrow.trail)


def surplus_lost(escrow: Escrow, amount: int, *, cause: str, by: Actor) -> Posted:
    """Foreign USDC that was left in a contract is not there any more; it was nobody's."""
    legs = [debit(surplus(escrow.id), amount), credit(contract(escrow.id), amount)]
    return post(escrow.book_id, "surplus_lost", cause=cause, legs=legs, by=by, trail=escrow.trail)


def settled(stake: Stake, kind: str, seen: Seen, *, buyer_due: int, by: Actor) -> Posted:
    """What left the contract went where it was seen to go; each party is owed what it got.

    `buyer_due` is what the buyer is credited: what arrived, or the whole share where the platform
    makes the buyer whole. Commission is shown gross, as what nobody else is owed; the protocol's
    share of it is an expense.
    """
    escrow, held = stake.escrow, min(seen.total, stake.amount)
    owed = seen.to_seller + buyer_due + seen.to_treasury
    legs = [
        debit(escrowed(escrow.id), held),
        debit(surplus(escrow.id), seen.total - held),
        *(debit(place, amount) for place, amount in _places(escrow, seen)),
        credit(available(escrow.order.seller_id), seen.to_seller),
        credit(available(escrow.order.buyer_id), buyer_due),
        credit(UNATTRIBUTED, seen.to_treasury),
        credit(PLATFORM_FEES, seen.total - owed),
        credit(contract(escrow.id), seen.total),
    ]
    return post(stake.book_id, kind, cause=stake.id, legs=legs, by=by, trail=stake.trail)


def lost(stake: Stake, kind: str, paid: Seen, *, gone: int, by: Actor) -> Posted:
    """The contract lacks `gone`: the platform pays the parties, and what is left is a surplus."""
    escrow, amount = stake.escrow, stake.amount
    legs = [
        debit(escrowed(escrow.id), amount),
        credit(available(escrow.order.seller_id), paid.to_seller),
        credit(available(escrow.order.buyer_id), paid.to_buyer),
        debit(ADJUSTMENTS, amount),
        credit(contract(escrow.id), gone),
        credit(surplus(escrow.id), max(amount - gone, 0)),
        debit(surplus(escrow.id), max(gone - amount, 0)),
    ]
    return post(stake.book_id, kind, cause=stake.id, legs=legs, by=by, trail=stake.trail)


def surplus_withdrawn(escrow: Escrow, seen: Seen, *, cause: str, by: Actor) -> Posted:
    """What was left in a contract whose milestones are all settled went to the treasury."""
    legs = [
        debit(surplus(escrow.id), seen.total),
        *(debit(place, amount) for place, amount in _places(escrow, seen)),
        credit(UNATTRIBUTED, seen.to_treasury),
        credit(PLATFORM_FEES, seen.total - seen.to_treasury),
        credit(contract(escrow.id), seen.total),
    ]
    trail = escrow.trail
    return post(escrow.book_id, "surplus_withdrawn", cause=cause, legs=legs, by=by, trail=trail)


def _places(escrow: Escrow, seen: Seen) -> list[tuple[Account, int]]:
    """Where the money is now; what went to strangers is the platform's loss, with a finding."""
    return [
        (wallet(escrow.seller_wallet.address), seen.to_seller),
        (wallet(escrow.buyer_wallet.address), seen.to_buyer),
        (wallet(escrow.treasury_wallet.address), seen.to_treasury),
        (wallet(escrow.fees_wallet.address), seen.to_fees),
        (PROTOCOL_FEES, seen.to_protocol),
        (ADJUSTMENTS, seen.to_strangers),
    ]
