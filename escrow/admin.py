"""Escrows and disputes, as operators read them."""

from typing import Any

from django.contrib import admin

from escrow import workbench
from escrow.models import Comment, ContractCheck, Dispute, Escrow, Evidence
from ledger.backoffice import RecordAdmin


@admin.register(Escrow)
class EscrowAdmin(RecordAdmin):
    tells_a_story = True
    list_display = (
        "id", "order", "amount", "status", "contract_id", "frozen_at", "created_at",
    )  # fmt: skip
    list_filter = ("status", ("frozen_at", admin.EmptyFieldListFilter), "book", "created_at")
    search_fields = (
        "id__exact", "order__id__exact", "contract_id__exact", "order__buyer__id__exact",
        "order__seller__id__exact",
    )  # fmt: skip
    search_help_text = "Id, order, contract or user"


@admin.register(Dispute)
class DisputeAdmin(RecordAdmin):
    tells_a_story = True
    sheet = "admin/dispute.html"
    list_display = (
        "id", "order", "milestone", "amount", "status", "reason", "opened_by", "assignee",
        "raised_at", "decision", "created_at",
    )  # fmt: skip
    list_filter = ("status", "reason", "decision", "book", "created_at")
    search_fields = ("id__exact", "order__id__exact", "assignee__iexact")
    search_help_text = "Id, order or assignee"

    def told(self, record: Dispute) -> dict[str, Any]:
        return workbench.of(record)


@admin.register(Comment)
class CommentAdmin(RecordAdmin):
    list_display = ("id", "dispute", "visibility", "author", "body", "created_at")
    list_filter = ("visibility", "book", "created_at")
    search_fields = ("id__exact", "dispute__id__exact", "dispute__order__id__exact")
    search_help_text = "Id, dispute or order"


@admin.register(Evidence)
class EvidenceAdmin(RecordAdmin):
    list_display = ("id", "dispute", "author", "url", "note", "created_at")
    list_filter = ("book", "created_at")
    search_fields = ("id__exact", "dispute__id__exact", "dispute__order__id__exact")
    search_help_text = "Id, dispute or order"


@admin.register(ContractCheck)
class ContractCheckAdmin(RecordAdmin):
    list_display = ("escrow", "compared_at", "agreed_at", "balance")
    list_filter = (("agreed_at", admin.EmptyFieldListFilter), "book", "compared_at")
    search_fields = ("escrow__id__exact", "escrow__contract_id__exact", "escrow__order__id__exact")
    search_help_text = "Escrow, contract or order"
