"""How money moves in, and for orders; the table is in `tests/payments/test_postings.py`."""

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.marketplaces.models import Bearer
from integrations.providers.ports import Payin
from ledger.bulk import Draft, post_many
from ledger.chart import (
    ADJUSTMENTS,
    AIRTM_FLOAT,
    PLATFORM_FEES,
    PROVIDER_FEES,
    UNATTRIBUTED,
    available,
    reserved,
    wallet,
)
from ledger.events import Actor
from ledger.models import Arrival, Hold
from ledger.posting import Posted, credit, debit, post
from ledger.refusals import Refused
from payments.models import Order, TopUp


def topup_confirmed(topup: TopUp, payin: Payin, *, fee_bearer: str, by: Actor) -> Posted:
    """What Airtm passed on is the user's; where the platform bears the fee, so is the fee."""
    borne = payin.fee if fee_bearer == Bearer.PLATFORM else 0
    legs = [
        debit(AIRTM_FLOAT, payin.net_amount),
        debit(PROVIDER_FEES, borne),
        credit(available(topup.user_id), payin.net_amount + borne),
    ]
    return post(topup.book_id, "topup", cause=topup.id, legs=legs, by=by, trail=topup.id)


def topup_unattributed(topup: TopUp, payin: Payin, *, by: Actor) -> Posted:
    """It arrived, and it is not what was asked for: kept until somebody decides whose it is."""
    legs = [debit(AIRTM_FLOAT, payin.net_amount), credit(UNATTRIBUTED, payin.net_amount)]
    kind, cause = "topup_unattributed", topup.id
    return post(topup.book_id, kind, cause=cause, legs=legs, by=by, trail=topup.id)


def deposited(book: int, address: str, user: str, amount: int, *, cause: str, by: Actor) -> Posted:
    """USDC arrived in a user's wallet; the cause is (network, operation id, change index)."""
    legs = [debit(wallet(address), amount), credit(available(user), amount)]
    return post(book, "deposit", cause=cause, legs=legs, by=by, trail=user)


def deposit_unattributed(book: int, address: str, amount: int, *, cause: str, by: Actor) -> Posted:
    """USDC arrived in a wallet of ours, and nobody knows whose it is."""
    legs = [debit(wallet(address), amount), credit(UNATTRIBUTED, amount)]
    return post(book, "deposit_unattributed", cause=cause, legs=legs, by=by)


def claimed(arrival: Arrival, user: str, *, by: Actor) -> Posted:
    """Unattributed money turned out to be this user's; the cause is the arrival."""
    legs = [debit(UNATTRIBUTED, arrival.amount), credit(available(user), arrival.amount)]
    kind, cause = "unattributed_claimed", arrival.id
    return post(arrival.book_id, kind, cause=cause, legs=legs, by=by, trail=user)


def clawed_back(
    book: int, address: str, user: str, amount: int, *, left: int, cause: str, by: Actor
) -> Posted:
    """Money was taken out of a user's wallet: the user pays what is `left`, we bear the rest."""
    taken = min(left, amount)
    legs = [
        debit(available(user), taken),
        debit(ADJUSTMENTS, amount - taken),
        credit(wallet(address), amount),
    ]
    return post(book, "clawback", cause=cause, legs=legs, by=by, trail=user)


def reserve(order: Order, hold: Hold, *, by: Actor) -> Posted:
    legs = [
        debit(available(order.buyer_id), hold.amount),
        credit(reserved(order.buyer_id), hold.amount),
    ]
    return post(order.book_id, "reserve", cause=hold.id, legs=legs, by=by, trail=order.id)


def given_back(order: Order, hold: Hold, *, kind: str, amount: int, by: Actor) -> Posted:
    """`void` or `expire` of a whole hold, or the `rest` of one that was posted in part."""
    legs = [
        debit(reserved(order.buyer_id), amount),
        credit(available(order.buyer_id), amount),
    ]
    return post(order.book_id, kind, cause=hold.id, legs=legs, by=by, trail=order.id)


def paid_instantly(order: Order, hold: Hold, *, by: Actor) -> Posted:
    """No contract and no protocol share: the seller gets the amount less our commission."""
    commission = order.amount * order.platform_fee_bps // 10_000
    legs = [
        debit(reserved(order.buyer_id), order.amount),
        credit(available(order.seller_id), order.amount - commission),
        credit(PLATFORM_FEES, commission),
    ]
    return post(order.book_id, "instant", cause=hold.id, legs=legs, by=by, trail=order.id)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a user brings along, in stroops, and the row of the approved file that says so."""

    user: str
    amount: int
    row: int


def opening_balances(
    book: int, openings: Sequence[Opening], *, approval: str, by: Actor
) -> list[Posted | Refused]:
    """Owed from the first day on; the capital that backs it is posted when it arrives."""
    drafts = [
        Draft(
            "opening_balance",
            f"{approval}/{opening.row}",
            [debit(ADJUSTMENTS, opening.amount), credit(available(opening.user), opening.amount)],
            trail=approval,
        )
        for opening in openings
    ]
    return post_many(book, drafts, by=by)
