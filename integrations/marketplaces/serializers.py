"""How users look from outside, and what may be said when one is made."""

from typing import Any

from rest_framework import serializers

from ledger import balances, clock, money, proofs

from . import users
from .models import User
from .rest.fields import MetadataField, Strict, TextField


class NewUser(Strict):
    external_id = TextField(max_length=255)
    email = serializers.EmailField(required=False, default="")
    type = serializers.ChoiceField(choices=User.Type.choices)
    metadata = MetadataField(required=False, default=dict)


class UserOut(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "external_id", "email", "type", "status", "metadata", "created_at")


def user(row: User) -> dict[str, Any]:
    return dict(UserOut(row).data)


def balance(row: User) -> dict[str, Any]:
    """The balance as it stands; `in_escrow` counts for the buyer until the outcome."""
    sums = users.balance(row)
    return {
        "user_id": row.id,
        "available": money.text(sums["available"]),
        "reserved": money.text(sums["reserved"]),
        "in_escrow": money.text(sums["escrowed"]),
        "paying_out": money.text(sums["paying_out"]),
        "total": money.text(sum(sums.values())),
        "currency": money.USD,
        "as_of": clock.now(),
    }


def trial_balance(book: int) -> dict[str, Any]:
    """Every kind of account of a book; `balanced` is the proof of all invariants, not a sum alone."""
    lines = balances.trial_balance(book)
    debits = sum(line.balance for line in lines if line.is_debit)
    faults = proofs.faults(book=book)
    return {
        "accounts": [
            {
                "kind": line.kind,
                "side": "DEBIT" if line.is_debit else "CREDIT",
                "balance": money.text(line.balance),
            }
            for line in lines
        ],
        "debits": money.text(debits),
        "credits": money.text(sum(line.balance for line in lines if not line.is_debit)),
        "currency": money.USD,
        "balanced": not faults,
        "faults": [fault.told() for fault in faults],
        "as_of": clock.now(),
    }
