"""How an escrow looks inside its order, and what may be asked of it."""

from typing import Any

from rest_framework import serializers

from integrations.marketplaces.rest.fields import Strict, TextField
from integrations.providers.models import Submission
from ledger import money

from .models import Escrow
from .settlements import BUYER, PLATFORM, SELLER


class Release(Strict):
    requested_by = serializers.ChoiceField(choices=[BUYER, SELLER, PLATFORM])
    reason = TextField(max_length=500, required=False, default="")


def escrow(row: Escrow) -> dict[str, Any]:
    return _shown(row, Submission.across_books.filter(subject=row.pk).order_by("pk"))


def parts_of_orders(ids: list[str]) -> dict[str, dict[str, Any]]:
    """What orders show of their escrows: the live or last one of each."""
    rows = list(Escrow.across_books.filter(order_id__in=ids).order_by("pk"))
    handed_in: dict[str, list[Submission]] = {str(row.pk): [] for row in rows}
    for sent in Submission.across_books.filter(subject__in=handed_in).order_by("pk"):
        handed_in[sent.subject].append(sent)
    parts: dict[str, dict[str, Any]] = {pk: {"escrow": None} for pk in ids}
    for row in rows:
        parts[row.order_id] = {"escrow": _shown(row, handed_in[str(row.pk)])}
    return parts


def _shown(row: Escrow, handed_in: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "order_id": row.order_id,
        "status": row.status,
        "amount": money.text(row.amount),
        "contract_id": row.contract_id or None,
        "transactions": [
            {"purpose": sent.purpose, "hash": sent.inner_hash, "status": sent.status}
            for sent in handed_in
        ],
    }
