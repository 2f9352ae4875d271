"""How the record looks from outside: balances, entries, accounts, transfers."""

from datetime import datetime
from typing import Any

from integrations.marketplaces.rest.fields import moment
from ledger import balances, clock, guarding, money
from ledger.models import Account, Entry, Transfer
from ledger.proofs import Fault
from ledger.statements import Line


def balance(book: int, user: str, *, at: datetime | None) -> dict[str, Any]:
    """The balance now or then; `in_escrow` counts for the buyer until the outcome.

    Raises `NoSuchAccount` and `InvalidMoment`.
    """
    sums = balances.of_owner(book, user, at=at)
    return {
        "user_id": user,
        "available": money.text(sums["available"]),
        "reserved": money.text(sums["reserved"]),
        "in_escrow": money.text(sums["escrowed"]),
        "paying_out": money.text(sums["paying_out"]),
        "total": money.text(sum(sums.values())),
        "currency": money.USD,
        "as_of": moment(at or clock.now()),
    }


def trial_balance(book: int, *, at: datetime | None) -> dict[str, Any]:
    """Every kind of account of a book. Now, `faults` is what the last proofs found wrong in it."""
    lines = balances.trial_balance(book, at=at)
    debits, credits = (sum(line.balance for line in lines if line.is_debit is side)
                       for side in (True, False))  # fmt: skip
    faults = guarding.standing(book) if at is None else []
    return {
        "accounts": [
            {
                "kind": line.kind,
                "side": _side(is_debit=line.is_debit),
                "balance": money.text(line.balance),
            }
            for line in lines
        ],
        "debits": money.text(debits),
        "credits": money.text(credits),
        "currency": money.USD,
        "balanced": debits == credits and not faults,
        "faults": [_fault(fault) for fault in faults],
        "as_of": moment(at or clock.now()),
    }


def _fault(fault: Fault) -> dict[str, str]:
    return {
        "invariant": fault.invariant,
        "subject": fault.subject,
        "expected": fault.expected,
        "observed": fault.observed,
    }


def line(entry: Line) -> dict[str, Any]:
    """One entry of a statement: by how much the account changed, and what it held then."""
    return {
        "transfer_id": entry.transfer,
        "kind": entry.kind,
        "cause": entry.cause,
        "trail": entry.trail,
        "account": entry.account.kind,
        "subject": entry.account.subject,
        "counter_accounts": list(entry.counter_accounts),
        "change": money.text(entry.change),
        "balance_after": money.text(entry.balance_after),
        "currency": entry.account.asset,
        "created_at": moment(entry.recorded_at),
    }


def account(row: Account) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "subject": row.subject,
        "owner": row.owner,
        "side": _side(is_debit=row.normal > 0),
        "balance": money.text(row.balance),
        "currency": row.asset,
        "entries": row.version,
        "changed_at": moment(row.changed_at),
    }


def transfer(row: Transfer) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "cause": row.cause,
        "trail": row.trail,
        "reverses": row.reverses_id,
        "actor": row.actor,
        "request_id": row.request_id,
        "created_at": moment(row.recorded_at),
        "entries": [_entry(entry) for entry in sorted(row.entries.all(), key=lambda e: e.pk)],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "account": entry.account.kind,
        "subject": entry.account.subject,
        "owner": entry.account.owner,
        "direction": _side(is_debit=entry.amount > 0),
        "amount": money.text(abs(entry.amount)),
        "balance_after": money.text(entry.balance_after),
        "currency": entry.account.asset,
    }


def _side(*, is_debit: bool) -> str:
    return "DEBIT" if is_debit else "CREDIT"
