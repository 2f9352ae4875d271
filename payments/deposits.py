"""Deposits: what the chain's feed shows to have come in is credited, or kept until somebody knows
whose it is; what an issuer took back is taken from whoever had it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction

from integrations.marketplaces import users
from integrations.marketplaces.models import User
from integrations.providers.answers import STELLAR
from integrations.providers.models import ChainMovement
from ledger import balances, chart
from ledger.arrivals import NOBODYS
from ledger.atomicity import require_transaction
from ledger.findings import find
from ledger.locking import lock
from ledger.refusals import Refused
from payments import postings
from payments.models import Deposit

CLAWED_BACK, NOT_CLAWED_BACK = "clawed_back", "clawback_not_booked"
NOT_BOOKED = "deposit_not_booked"

Matter = ChainMovement.Matter
Status = Deposit.Status


def absorb(*, movements: Sequence[ChainMovement]) -> None:
    """Book the movements of one page, in the reader's transaction and in the chain's order.

    Users that are suspended or frozen are credited all the same: this is an outcome. What the books
    refuse is kept as RECEIVED, with a finding, and keeps nobody else's money waiting.
    """
    require_transaction()
    _lock_users(movements)
    lock([(row.book_id, account) for row in movements for account in _accounts(row)])
    for movement in movements:
        if movement.matter == Matter.CLAWBACK:
            _claw_back(movement)
        else:
            _receive(movement)


def proceed(deposit_id: str) -> None:
    """Try again to book a deposit that the books have refused."""
    with transaction.atomic():
        deposit = Deposit.across_books.get(pk=deposit_id).locked()
        if deposit.status == Status.RECEIVED and (code := _refused(lambda: _settle(deposit))):
            _report(deposit, code)


def freeze_holder(deposit_id: str) -> None:
    """A deposit does not add up: its user's acts, if it is somebody's, wait until it is settled."""
    user = Deposit.across_books.get(pk=deposit_id).user_id
    if user:
        users.freeze(user)


def _receive(movement: ChainMovement) -> None:
    facts = {
        "book_id": movement.book_id,
        "movement": movement,
        "cause": movement.cause,
        "user_id": movement.holder or None if movement.matter == Matter.DEPOSIT else None,
        "address": movement.address,
        "amount": movement.amount,
        "tx_hash": movement.tx_hash,
    }
    if code := _refused(lambda: _start(movement, facts)):
        kept = Deposit.start(by=STELLAR, failure_code=code, **facts)
        _report(kept, code)


def _start(movement: ChainMovement, facts: dict[str, Any]) -> None:
    known = movement.matter == Matter.DEPOSIT
    status = Status.CREDITED if known else Status.UNATTRIBUTED
    deposit = Deposit.start(by=STELLAR, status=status, **facts)
    _post(deposit)


def _settle(deposit: Deposit) -> None:
    status = Status.CREDITED if deposit.user_id else Status.UNATTRIBUTED
    deposit.advance(status, by=STELLAR, failure_code="")
    _post(deposit)


def _post(deposit: Deposit) -> None:
    where = {"cause": deposit.cause, "by": STELLAR}
    book, address, amount = deposit.book_id, deposit.address, deposit.amount
    if deposit.user_id:
        postings.deposited(book, address, deposit.user_id, amount, **where)
    else:
        postings.deposit_unattributed(book, address, amount, **where)
        _report(deposit, "", kind=NOBODYS, subject=deposit.cause)


def _claw_back(movement: ChainMovement) -> None:
    """Take what the user still has; the rest is ours to bear. Either way somebody has to look."""
    book, user = movement.book_id, movement.holder
    left = balances.of(book, chart.available(user)) if user else 0
    code = _refused(
        lambda: postings.clawed_back(
            book,
            movement.address,
            user,
            movement.amount,
            left=left,
            cause=movement.cause,
            by=STELLAR,
        )
    )
    find(
        book=book,
        kind=NOT_CLAWED_BACK if code else CLAWED_BACK,
        subject=movement.id,
        trail=movement.trail,
        expected={"wallet": movement.address},
        observed={"hash": movement.tx_hash, "user_had": str(left), "refusal": code},
        amount=movement.amount,
    )


def _refused(act: Callable[[], object]) -> str:
    """Do it all or not at all; the code of the refusal, if the books refuse it."""
    try:
        with transaction.atomic():
            act()
    except Refused as refusal:
        return refusal.code
    return ""


def _lock_users(movements: Sequence[ChainMovement]) -> None:
    """Those who are about to lose money, before any account: the order in which acts lock."""
    losing = {row.holder for row in movements if row.matter == Matter.CLAWBACK} - {""}
    rows = User.across_books.select_for_update(no_key=True).filter(pk__in=losing)
    list(rows.order_by("pk"))


def _accounts(row: ChainMovement) -> list[chart.Account]:
    accounts = [chart.wallet(row.address)]
    accounts += [chart.available(row.holder)] if row.holder else []
    accounts += [chart.UNATTRIBUTED] if row.matter == Matter.UNATTRIBUTED else []
    return accounts + ([chart.ADJUSTMENTS] if row.matter == Matter.CLAWBACK else [])


def _report(deposit: Deposit, code: str, *, kind: str = NOT_BOOKED, subject: str = "") -> None:
    movement = deposit.movement
    find(
        book=deposit.book_id,
        kind=kind,
        subject=subject or deposit.id,
        trail=deposit.trail,
        expected={"wallet": deposit.address},
        observed={
            "hash": deposit.tx_hash,
            "from": movement.counterparty,
            "memo": movement.memo,
            "muxed_id": movement.muxed_id,
            "refusal": code,
        },
        amount=deposit.amount,
    )
