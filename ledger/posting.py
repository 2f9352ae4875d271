"""The one way in which a balance changes: `post()`, a set of entries whose debits equal its credits."""

from dataclasses import dataclass

from django.db import Error, connection

from .atomicity import require_transaction
from .chart import Account
from .events import Actor
from .fields import new_id
from .refusals import EmptyTransfer, Refusal, from_database


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
    require_transaction()
    moving = [leg for leg in legs if leg.amount]
    if not moving:
        raise EmptyTransfer
    kinds, subjects, assets = zip(*(leg.account for leg in moving), strict=True)
    arguments = (
        new_id("trf"), book, kind, cause, trail, reverses, by.name, by.request_id,
        list(kinds), list(subjects), list(assets), [leg.amount for leg in moving],
    )  # fmt: skip
    try:
        with connection.cursor() as cursor:
            cursor.execute(_POST, arguments)
            transfer, is_new = cursor.fetchone()
    except Error as error:
        if refused := from_database(error):
            raise refused from error
        raise
    return Posted(transfer, is_new)


_POST = """SELECT transfer_id, is_new
             FROM ledger_post(%s, %s, %s, %s, %s, %s, %s, %s,
                              %s::text[], %s::text[], %s::text[], %s::bigint[])"""
