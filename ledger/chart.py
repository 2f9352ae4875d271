"""The chart of accounts: one line per kind, and the names by which postings call them."""

from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection

from .money import USD

DEBIT, CREDIT = 1, -1


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of account. `normal` is the side on which it grows; `floor` the lowest balance."""

    normal: int
    floor: int | None
    means: str


LIABILITIES = {
    "available": Kind(CREDIT, 0, "the user may spend or withdraw it"),
    "reserved": Kind(CREDIT, 0, "set aside for named holds; the sum of the user's open ones"),
    "escrowed": Kind(CREDIT, 0, "locked in a contract, owed to whoever the outcome names"),
    "surplus": Kind(CREDIT, 0, "in a contract beyond what the order put there"),
    "paying_out": Kind(CREDIT, 0, "a withdrawal under way"),
    "unattributed": Kind(CREDIT, 0, "arrived, owner not known yet"),
}
ASSETS = {
    "airtm_float": Kind(DEBIT, 0, "our balance at Airtm"),
    "wallet": Kind(DEBIT, 0, "USDC in one Stellar account"),
    "contract": Kind(DEBIT, 0, "USDC inside one escrow contract"),
    "in_transit": Kind(DEBIT, 0, "left one place, not seen at the other"),
}
RESULTS = {
    "platform_fees": Kind(CREDIT, None, "commission earned"),
    "protocol_fees": Kind(DEBIT, None, "Trustless Work's 0.3 %"),
    "provider_fees": Kind(DEBIT, None, "Airtm's and transfer fees that the platform bears"),
    "adjustments": Kind(CREDIT, None, "approved corrections, opening balances, capital"),
}
CHART = {**LIABILITIES, **ASSETS, **RESULTS}
PER_BOOK = ("unattributed", "airtm_float", *RESULTS)
PER_USER = ("available", "reserved", "paying_out")
PER_ESCROW = ("escrowed", "surplus", "contract")
OWNED = ("available", "reserved", "escrowed", "paying_out")  # together they are a user's balance


class Account(NamedTuple):
    """An account's name inside a book: its kind and whose it is (a public id, or an address)."""

    kind: str
    subject: str = ""
    asset: str = USD


def available(user: str) -> Account:
    return Account("available", user)


def reserved(user: str) -> Account:
    return Account("reserved", user)


def paying_out(user: str) -> Account:
    return Account("paying_out", user)


def escrowed(escrow: str) -> Account:
    return Account("escrowed", escrow)


def surplus(escrow: str) -> Account:
    return Account("surplus", escrow)


def contract(escrow: str) -> Account:
    return Account("contract", escrow)


def wallet(address: str) -> Account:
    return Account("wallet", address)


def in_transit(move: str) -> Account:
    return Account("in_transit", move)


UNATTRIBUTED = Account("unattributed")
AIRTM_FLOAT = Account("airtm_float")
PLATFORM_FEES = Account("platform_fees")
PROTOCOL_FEES = Account("protocol_fees")
PROVIDER_FEES = Account("provider_fees")
ADJUSTMENTS = Account("adjustments")


def open_accounts(book: int, accounts: list[Account], *, owner: str = "") -> None:
    """Open accounts in a book; those that are open stay as they are.

    `owner` is the public id of the user whose balance they count to (for an escrow: the buyer).
    """
    kinds = [CHART[account.kind] for account in accounts]
    columns = [list(column) for column in zip(*accounts, strict=True)] or [[], [], []]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_open_accounts(%s, %s, %s::text[], %s::text[], %s::text[],"
            " %s::smallint[], %s::bigint[])",
            [
                book,
                owner,
                *columns,
                [kind.normal for kind in kinds],
                [kind.floor for kind in kinds],
            ],
        )
