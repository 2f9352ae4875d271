"""The record, as operators read it."""

from typing import Any

from django.contrib import admin

from . import casework
from .backoffice import RecordAdmin, one_of
from .chart import CHART
from .display import entries_table, said
from .models import (
    Account,
    Allocation,
    Approval,
    Arrival,
    Book,
    Comment,
    Entry,
    Event,
    Finding,
    Hold,
    Seal,
    Transfer,
)


@admin.register(Book)
class BookAdmin(RecordAdmin):
    list_display = ("name", "created_at")
    search_fields = ("name__icontains",)


@admin.register(Account)
class AccountAdmin(RecordAdmin):
    list_display = ("kind", "subject", "owner", "balance", "book", "changed_at")
    list_filter = (one_of("kind", lambda: CHART), "book")
    search_fields = ("subject__exact", "owner__exact", "kind__exact")
    search_help_text = "Kind, subject or owner"


@admin.register(Transfer)
class TransferAdmin(RecordAdmin):
    list_display = ("id", "kind", "cause", "trail", "actor", "recorded_at")
    list_filter = ("book", "recorded_at")
    search_fields = ("id__startswith", "trail__exact", "cause__exact", "kind__exact")
    search_help_text = "Id, kind, cause or trail"
    also = ("entries",)

    @admin.display(description="entries")
    def entries(self, transfer: Transfer) -> str:
        return entries_table(transfer.entries.select_related("account").order_by("pk"))


@admin.register(Entry)
class EntryAdmin(RecordAdmin):
    list_display = ("id", "transfer", "account", "amount", "balance_after", "recorded_at")
    search_fields = ("transfer__id__exact", "transfer__trail__exact", "account__owner__exact")
    search_help_text = "Transfer, trail or user"


@admin.register(Seal)
class SealAdmin(RecordAdmin):
    list_display = ("number", "transfer", "previous", "hash", "book")
    list_filter = ("book",)
    search_fields = ("transfer__id__exact", "hash__exact")
    search_help_text = "Transfer or hash"


@admin.register(Hold)
class HoldAdmin(RecordAdmin):
    list_display = ("id", "user", "purpose", "amount", "status", "expires_at", "created_at")
    list_filter = ("status", "book")
    search_fields = ("id__startswith", "user__exact", "purpose__exact")
    search_help_text = "Id, user or order"


@admin.register(Allocation)
class AllocationAdmin(RecordAdmin):
    list_display = ("id", "account", "operation", "amount", "opened_at", "closed_at")
    list_filter = ("book",)
    search_fields = ("id__startswith", "operation__exact")
    search_help_text = "Id or operation"


@admin.register(Arrival)
class ArrivalAdmin(RecordAdmin):
    tells_a_story = True
    list_display = ("id", "kind", "cause", "amount", "status", "holder", "created_at")
    list_filter = ("status", "kind", "book", "created_at")
    search_fields = ("id__startswith", "transfer__id__exact", "cause__exact", "holder__exact")
    search_help_text = "Id, transfer, cause or user"


@admin.register(Event)
class EventAdmin(RecordAdmin):
    list_display = ("id", "sequence", "type", "resource_id", "actor", "book", "occurred_at")
    list_filter = ("book", "occurred_at")
    search_fields = (
        "id__startswith", "resource_id__exact", "trail__exact", "request_id__exact", "type__exact",
    )  # fmt: skip
    search_help_text = "Id, type, resource, trail or request"


@admin.register(Finding)
class FindingAdmin(RecordAdmin):
    list_display = ("id", "kind", "subject", "amount", "owner", "opened_at", "resolved_at")
    list_filter = ("book", "kind", ("resolved_at", admin.EmptyFieldListFilter))
    search_fields = ("id__startswith", "subject__exact", "trail__exact")
    search_help_text = "Id, subject or trail"
    also = ("comments",)

    @admin.display(description="comments")
    def comments(self, finding: Finding) -> str:
        return said(Comment.objects.of(finding.book_id).filter(subject=finding.pk).order_by("pk"))


@admin.register(Comment)
class CommentAdmin(RecordAdmin):
    list_display = ("id", "subject", "author", "body", "written_at")
    list_filter = ("book",)
    search_fields = ("subject__exact", "author__exact")
    search_help_text = "Subject or author"


@admin.register(Approval)
class ApprovalAdmin(RecordAdmin):
    tells_a_story = True
    hidden = ("answers", "reason")  # told above, in words
    sheet = "admin/asked.html"
    list_display = (
        "id", "act", "subject", "amount", "requested_by", "decided_by", "status", "created_at",
    )  # fmt: skip
    list_filter = ("status", "act", "book")
    search_fields = ("id__startswith", "subject__exact", "about__exact")
    search_help_text = "Id, subject or trail"

    def told(self, record: Approval) -> dict[str, Any]:
        return {"asked": casework.told(record)}
