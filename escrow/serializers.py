"""How escrows and disputes look, alone and inside their order, and what may be asked of them."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from escrow.models import Comment, Dispute, Escrow, Evidence
from integrations.marketplaces.rest.fields import (
    AmountField,
    Failing,
    OneOf,
    Shown,
    Strict,
    TextField,
    shown,
)
from integrations.providers import budget
from integrations.providers.models import Submission
from payments.models import Milestone, Party


class Release(Strict):
    requested_by = OneOf(choices=Party.values)
    reason = TextField(max_length=500, required=False, default="")


class Refund(Strict):
    requested_by = OneOf(choices=Party.values)
    reason = TextField(max_length=500)


class NewEvidence(Strict):
    url = serializers.URLField(max_length=500)
    note = TextField(max_length=2000, required=False, default="")


class NewDispute(Strict):
    opened_by = OneOf(choices=[Party.BUYER.value, Party.SELLER.value])
    reason = OneOf(choices=Dispute.Reason.values)
    description = TextField(max_length=5000, required=False, default="")
    evidence = NewEvidence(many=True, required=False, default=list, max_length=20)  # type: ignore[call-arg]


class Assignment(Strict):
    assignee = TextField(max_length=120)


class NewComment(Strict):
    body = TextField(max_length=5000)
    visibility = OneOf(choices=Comment.Visibility.values)


class Resolution(Strict):
    decision = OneOf(choices=Dispute.Decision.values)
    release_amount = AmountField(required=False)
    refund_amount = AmountField(required=False)
    note = TextField(max_length=5000)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """Both shares belong to a SPLIT, and to nothing else."""
        is_split = given["decision"] == Dispute.Decision.SPLIT
        if wrong := {name for name in _SHARES if (name in given) != is_split}:
            flaw = serializers.ErrorDetail(*_FLAWS[is_split])
            raise serializers.ValidationError({name: flaw for name in sorted(wrong)})
        return given


_FLAWS = {True: ("This is needed.", "REQUIRED"), False: ("A SPLIT has it.", "NOT_ALLOWED")}
_SHARES = ("release_amount", "refund_amount")


class TransactionOut(Shown):
    hash = serializers.CharField(source="inner_hash")

    class Meta:
        model = Submission
        fields = ("purpose", "hash", "status")


class EscrowOut(Shown):
    amount = AmountField()
    contract_id = serializers.SerializerMethodField()
    transactions = serializers.SerializerMethodField()
    held_back = serializers.SerializerMethodField()

    class Meta:
        model = Escrow
        fields = (
            "id", "order_id", "status", "amount", "contract_id", "held_back", "transactions",
        )  # fmt: skip

    def get_contract_id(self, row: Escrow) -> str | None:
        return row.contract_id or None

    def get_held_back(self, row: Escrow) -> bool:
        """Whether its next step waits for a provider's limit; it goes on by itself."""
        return row.order_id in self.context["held_back"]

    @extend_schema_field(TransactionOut(many=True))
    def get_transactions(self, row: Escrow) -> Any:
        return TransactionOut(self.context["handed_in"], many=True).data


class CommentOut(Shown):
    class Meta:
        model = Comment
        fields = ("id", "dispute_id", "author", "body", "visibility", "created_at")


class EvidenceOut(Shown):
    class Meta:
        model = Evidence
        fields = ("id", "dispute_id", "author", "url", "note", "created_at")


class DisputeOut(Failing):
    amount = AmountField()
    release_amount = AmountField(allow_null=True)
    refund_amount = AmountField(allow_null=True)
    note = serializers.CharField(source="decision_note", allow_null=True)
    milestone = serializers.SerializerMethodField()
    evidence = serializers.SerializerMethodField()

    class Meta:
        model = Dispute
        fields = (
            "id", "order_id", "milestone_id", "milestone", "amount", "status", "opened_by",
            "reason", "description", "evidence", "assignee", "raised_at", "decision",
            "release_amount", "refund_amount", "note", "failure", "created_at",
        )  # fmt: skip

    def get_milestone(self, row: Dispute) -> str | None:
        """Its ref."""
        return row.milestone.ref if row.milestone else None

    @extend_schema_field(EvidenceOut(many=True))
    def get_evidence(self, row: Dispute) -> Any:
        return EvidenceOut(sorted(row.evidence.all(), key=lambda each: each.pk), many=True).data


class PartsOfOrder(serializers.Serializer):  # type: ignore[type-arg]
    """What an order shows of its escrow, the live or the last one, and of its disputes."""

    escrow = EscrowOut(allow_null=True)
    disputes = DisputeOut(many=True)

    LOOKS: ClassVar = {"has_escrow": "EXISTS (SELECT FROM escrow_escrow WHERE order_id = o.id)"}

    @classmethod
    def of(cls, seen: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """The parts of all of these orders, by id; without an escrow nothing is disputed."""
        parts: dict[str, dict[str, Any]] = {
            order["id"]: {"escrow": None, "disputes": []} for order in seen
        }
        ids = [order["id"] for order in seen if order["has_escrow"]]
        if not ids:
            return parts
        rows = list(Escrow.across_books.filter(order_id__in=ids).order_by("pk"))
        handed_in = _handed_in(ids, [str(row.pk) for row in rows])
        held_back = _held_back(rows)
        for row in rows:
            parts[row.order_id]["escrow"] = _shown(row, handed_in[row.order_id], held_back)
        found = Dispute.across_books.filter(order_id__in=ids).order_by("pk")
        for each in found.select_related("milestone").prefetch_related("evidence"):
            parts[each.order_id]["disputes"].append(dispute(each))
        return parts


def _handed_in(orders: list[str], escrows: list[str]) -> dict[str, list[Submission]]:
    """Every step on the contracts of these orders, by order: its milestones' own as well."""
    pieces = Milestone.across_books.filter(order_id__in=orders).values_list("pk", flat=True)
    sent: dict[str, list[Submission]] = {pk: [] for pk in orders}
    for step in Submission.across_books.filter(subject__in=[*escrows, *pieces]).order_by("pk"):
        sent[step.trail].append(step)
    return sent


def _held_back(rows: Sequence[Escrow]) -> set[str]:
    """The orders whose next step waits for a provider's limit; asked of those under way alone."""
    asked = [row.order_id for row in rows if row.status not in Escrow.AT_REST]
    return budget.waiting(asked) if asked else set()


def dispute(row: Dispute) -> dict[str, Any]:
    return shown(DisputeOut, row)


def disputes(rows: list[Dispute]) -> list[dict[str, Any]]:
    prefetch_related_objects(rows, "milestone", "evidence")
    return [dispute(row) for row in rows]


def comment(row: Comment) -> dict[str, Any]:
    return shown(CommentOut, row)


def evidence(row: Evidence) -> dict[str, Any]:
    return shown(EvidenceOut, row)


def escrow(row: Escrow) -> dict[str, Any]:
    order = str(row.order_id)
    return _shown(row, _handed_in([order], [str(row.pk)])[order], set())


def _shown(row: Escrow, handed_in: Any, held_back: set[str]) -> dict[str, Any]:
    return dict(EscrowOut(row, context={"handed_in": handed_in, "held_back": held_back}).data)
