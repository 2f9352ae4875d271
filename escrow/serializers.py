"""How an escrow looks inside its order, and what may be asked of it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from escrow.models import Escrow
from escrow.settlements import BUYER, PLATFORM, SELLER
from integrations.marketplaces.rest.fields import AmountField, OneOf, Shown, Strict, TextField
from integrations.providers.models import Submission


class Release(Strict):
    requested_by = OneOf(choices=[BUYER, SELLER, PLATFORM])
    reason = TextField(max_length=500, required=False, default="")


class TransactionOut(Shown):
    hash = serializers.CharField(source="inner_hash")

    class Meta:
        model = Submission
        fields = ("purpose", "hash", "status")


class EscrowOut(Shown):
    amount = AmountField()
    contract_id = serializers.SerializerMethodField()
    transactions = serializers.SerializerMethodField()

    class Meta:
        model = Escrow
        fields = ("id", "order_id", "status", "amount", "contract_id", "transactions")

    def get_contract_id(self, row: Escrow) -> str | None:
        return row.contract_id or None

    @extend_schema_field(TransactionOut(many=True))
    def get_transactions(self, row: Escrow) -> Any:
        return TransactionOut(self.context["handed_in"], many=True).data


class PartsOfOrder(serializers.Serializer):  # type: ignore[type-arg]
    """What an order shows of its escrow: the live or the last one."""

    escrow = EscrowOut(allow_null=True)

    @classmethod
    def of(cls, ids: list[str]) -> dict[str, dict[str, Any]]:
        """The parts of all of these orders, by id."""
        rows = list(Escrow.across_books.filter(order_id__in=ids).order_by("pk"))
        handed_in: dict[str, list[Submission]] = {str(row.pk): [] for row in rows}
        for sent in Submission.across_books.filter(subject__in=handed_in).order_by("pk"):
            handed_in[sent.subject].append(sent)
        parts: dict[str, dict[str, Any]] = {pk: {"escrow": None} for pk in ids}
        for row in rows:
            parts[row.order_id] = {"escrow": _shown(row, handed_in[str(row.pk)])}
        return parts


def escrow(row: Escrow) -> dict[str, Any]:
    return _shown(row, Submission.across_books.filter(subject=row.pk).order_by("pk"))


def _shown(row: Escrow, handed_in: Any) -> dict[str, Any]:
    return dict(EscrowOut(row, context={"handed_in": handed_in}).data)
