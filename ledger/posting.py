"""The one way in which a balance changes: `post()`, entries whose debits equal their credits."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from ledger import lastly, rehearsal
from ledger.atomicity import require_transaction
from ledger.chart import Account
from ledger.events import Actor
from ledger.fields import new_id
from ledger.refusals import EmptyTransfer, Refusal, coded


class NegativeAmount(Refusal):
    """An entry's amount is above zero; its side says the direction."""

    code = "NEGATIVE_AMOUNT"


@dataclass(frozen=True, slots=True)
class Leg:
    """One entry to be: a debit is positive, a credit negative, in stroops."""

    account: Account
    amount: int


@dataclass(frozen=True, slots=True)
class Posted:
    """A transfer in the record, and whether this very call put it there."""

    transfer: str
    is_new: bool


def debit(account: Account, amount: int) -> Leg:
    if amount < 0:
        raise NegativeAmount
    return Leg(account, amount)


def credit(account: Account, amount: int) -> Leg:
    if amount < 0:
        raise NegativeAmount
    return Leg(account, -amount)


def post(
    book: int,
    kind: str,
    *,
    cause: str,
    legs: list[Leg],
    by: Actor,
    trail: str = "",
    reverses: str | None = None,
) -> Posted:
    """Write one transfer in the caller's transaction; legs of zero are left out.

    The same cause with the same legs answers the first transfer. Raises `UnknownAccount`,
    `ForeignAccount`, `MixedAssets`, `EmptyTransfer`, `UnbalancedTransfer`, `InsufficientFunds`,
    `CauseAlreadyPosted` or `AmountOutOfRange`; then nothing is written.
    """
    moving = [leg for leg in legs if leg.amount]
    if not moving:
        raise EmptyTransfer
    if not rehearsal.is_written(moving):
        return Posted("", is_new=True)
    kinds, subjects, assets = zip(*(leg.account for leg in moving), strict=True)
    arguments = (
        new_id("trf"), book, kind, cause, trail, reverses, by.name, by.request_id,
        list(kinds), list(subjects), list(assets), [leg.amount for leg in moving],
    )  # fmt: skip
    return _written(_POST, arguments)


def reverse(book: int, transfer: str, *, by: Actor) -> Posted:
    """Write the exact mirror of a transfer, once, in the caller's transaction.

    Its kind is `reversal`, its cause the transfer, and its trail the transfer's. Raises
    `UnknownTransfer`, `ForeignTransfer`, `AlreadyReversed`, `ReversalOfReversal` or
    `InsufficientFunds`; then nothing is written.
    """
    return _written(_REVERSE, (new_id("trf"), book, transfer, by.name, by.request_id))


def _written(query: str, arguments: tuple[Any, ...]) -> Posted:
    require_transaction()
    with coded(), connection.cursor() as cursor:
        cursor.execute(*lastly.with_rows(query, arguments))
        transfer, is_new = cursor.fetchone()
    rehearsal.witness(transfer)
    return Posted(transfer, is_new)


_POST = """SELECT transfer_id, is_new
             FROM ledger_post(%s, %s, %s, %s, %s, %s, %s, %s,
                              %s::text[], %s::text[], %s::text[], %s::bigint[])"""
_REVERSE = "SELECT transfer_id, is_new FROM ledger_reverse(%s, %s, %s, %s, %s)"
