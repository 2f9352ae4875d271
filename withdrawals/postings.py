"""How money moves out; the table is in `tests/withdrawals/test_postings.py`."""

from integrations.providers.ports import Payout
from ledger.chart import (
    ADJUSTMENTS,
    AIRTM_FLOAT,
    PROVIDER_FEES,
    UNATTRIBUTED,
    Account,
    available,
    in_transit,
    paying_out,
    wallet,
)
from ledger.events import Actor
from ledger.models import Arrival
from ledger.posting import Leg, Posted, credit, debit, post
from withdrawals.models import Withdrawal


def committed(withdrawal: Withdrawal, *, by: Actor) -> Posted:
    user, amount = withdrawal.user_id, withdrawal.amount
    legs = [debit(available(user), amount), credit(paying_out(user), amount)]
    return _post(withdrawal, "withdrawal_committed", legs, by=by)


def completed(withdrawal: Withdrawal, payout: Payout, *, by: Actor) -> Posted:
    """Airtm's fee is inside the amount; the recipient bears it.

    What Airtm took of our balance counts: too little leaves a rest whose owner is to be decided,
    too much is the platform's loss until then.
    """
    asked, taken = withdrawal.amount, payout.amount
    legs = [
        debit(paying_out(withdrawal.user_id), asked),
        debit(ADJUSTMENTS, max(taken - asked, 0)),
        credit(AIRTM_FLOAT, taken),
        credit(UNATTRIBUTED, max(asked - taken, 0)),
    ]
    return _post(withdrawal, "withdrawal_completed", legs, by=by)


def failed(withdrawal: Withdrawal, *, by: Actor) -> Posted:
    """The exact mirror of `committed`: the money is the user's to spend again."""
    user, amount = withdrawal.user_id, withdrawal.amount
    legs = [debit(paying_out(user), amount), credit(available(user), amount)]
    return _post(withdrawal, "withdrawal_failed", legs, by=by)


def paid_after_all(withdrawal: Withdrawal, payout: Payout, *, by: Actor) -> Posted:
    """Paid although it had been given up and given back: the platform's loss, until decided."""
    legs = [debit(ADJUSTMENTS, payout.amount), credit(AIRTM_FLOAT, payout.amount)]
    return _post(withdrawal, "withdrawal_paid_after_all", legs, by=by)


def completed_on_chain(withdrawal: Withdrawal, *, payer: str, by: Actor) -> Posted:
    """Seen on the chain: the money left the wallet `payer`."""
    legs = [
        debit(paying_out(withdrawal.user_id), withdrawal.amount),
        credit(wallet(payer), withdrawal.amount),
    ]
    return _post(withdrawal, "withdrawal_completed", legs, by=by)


def returned(withdrawal: Withdrawal, amount: int, *, deposit: str, by: Actor) -> Posted:
    """Airtm gave a completed payout back; the cause is Airtm's id of that deposit."""
    legs = [debit(AIRTM_FLOAT, amount), credit(available(withdrawal.user_id), amount)]
    book, kind, trail = withdrawal.book_id, "withdrawal_returned", withdrawal.id
    return post(book, kind, cause=deposit, legs=legs, by=by, trail=trail)


def returned_unattributed(book: int, amount: int, *, deposit: str, by: Actor) -> Posted:
    """Airtm gave something back, and no single payout is named."""
    legs = [debit(AIRTM_FLOAT, amount), credit(UNATTRIBUTED, amount)]
    return post(book, "return_unattributed", cause=deposit, legs=legs, by=by)


def move_begun(book: int, move: str, place: Account, amount: int, *, by: Actor) -> Posted:
    """Treasury money has left one rail and is not seen at the other."""
    legs = [debit(in_transit(move), amount), credit(place, amount)]
    return post(book, "move_begun", cause=move, legs=legs, by=by, trail=move)


def move_arrived(
    book: int, move: str, place: Account, amount: int, *, fee: int, by: Actor
) -> Posted:
    """It arrived, less the fee of the transfer; `amount` is what had left."""
    legs = [
        debit(place, amount - fee),
        debit(PROVIDER_FEES, fee),
        credit(in_transit(move), amount),
    ]
    return post(book, "move_arrived", cause=move, legs=legs, by=by, trail=move)


def move_failed(book: int, move: str, place: Account, amount: int, *, by: Actor) -> Posted:
    """The exact mirror of `move_begun`."""
    legs = [debit(place, amount), credit(in_transit(move), amount)]
    return post(book, "move_failed", cause=move, legs=legs, by=by, trail=move)


def covered(
    book: int, source: str, target: str, amount: int, *, cause: str, by: Actor, trail: str = ""
) -> Posted:
    """USDC went from one wallet of ours to another, to pay from there or to be swept together."""
    legs = [debit(wallet(target), amount), credit(wallet(source), amount)]
    return post(book, "cover", cause=cause, legs=legs, by=by, trail=trail)


def capital(arrival: Arrival, *, by: Actor) -> Posted:
    """What had arrived unattributed is the platform's own capital; the cause is the arrival."""
    legs = [debit(UNATTRIBUTED, arrival.amount), credit(ADJUSTMENTS, arrival.amount)]
    return post(arrival.book_id, "capital", cause=arrival.id, legs=legs, by=by)


def sent_back(arrival: Arrival, payer: str, *, by: Actor) -> Posted:
    """Unattributed money was seen to go back where it came from, out of the wallet `payer`."""
    legs = [debit(UNATTRIBUTED, arrival.amount), credit(wallet(payer), arrival.amount)]
    kind, cause = "unattributed_sent_back", arrival.id
    return post(arrival.book_id, kind, cause=cause, legs=legs, by=by)


def drawn(book: int, treasury: str, amount: int, *, approval: str, by: Actor) -> Posted:
    """The owner takes capital out of the treasury."""
    legs = [debit(ADJUSTMENTS, amount), credit(wallet(treasury), amount)]
    return post(book, "draw", cause=approval, legs=legs, by=by)


def credited(book: int, place: Account, amount: int, *, approval: str, by: Actor) -> Posted:
    """An approved correction: the named account is credited."""
    legs = [debit(ADJUSTMENTS, amount), credit(place, amount)]
    return post(book, "adjustment", cause=approval, legs=legs, by=by)


def debited(book: int, place: Account, amount: int, *, approval: str, by: Actor) -> Posted:
    """An approved correction: the named account is debited."""
    legs = [debit(place, amount), credit(ADJUSTMENTS, amount)]
    return post(book, "adjustment", cause=approval, legs=legs, by=by)


def _post(withdrawal: Withdrawal, kind: str, legs: list[Leg], *, by: Actor) -> Posted:
    cause = withdrawal.id
    return post(withdrawal.book_id, kind, cause=cause, legs=legs, by=by, trail=cause)
