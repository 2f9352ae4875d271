"""The record, as operators read it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.urls import path, reverse
from django.utils.http import content_disposition_header

from . import casework, closing, facts, histories
from .backoffice import RecordAdmin, one_of
from .chart import CHART
from .display import entries_table, said
from .histories import seen_by
from .models import (
    Account,
    Allocation,
    Approval,
    Arrival,
    Book,
    Closing,
    Comment,
    Entry,
    Event,
    Finding,
    Hold,
    Run,
    Seal,
    Sighting,
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
    search_fields = ("id__exact", "trail__exact", "cause__exact", "kind__exact")
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
    search_fields = ("transfer__id__exact",)
    search_help_text = "Transfer"


@admin.register(Hold)
class HoldAdmin(RecordAdmin):
    list_display = ("id", "user", "purpose", "amount", "status", "expires_at", "created_at")
    list_filter = ("status", "book")
    search_fields = ("id__exact", "user__exact", "purpose__exact")
    search_help_text = "Id, user or order"


@admin.register(Allocation)
class AllocationAdmin(RecordAdmin):
    list_display = ("id", "account", "operation", "amount", "opened_at", "closed_at")
    list_filter = ("book",)
    search_fields = ("id__exact", "operation__exact")
    search_help_text = "Id or operation"


@admin.register(Arrival)
class ArrivalAdmin(RecordAdmin):
    tells_a_story = True
    list_display = ("id", "kind", "cause", "amount", "status", "holder", "created_at")
    list_filter = ("status", "kind", "book", "created_at")
    search_fields = ("id__exact", "transfer__id__exact", "cause__exact", "holder__exact")
    search_help_text = "Id, transfer, cause or user"


@admin.register(Event)
class EventAdmin(RecordAdmin):
    list_display = ("id", "sequence", "type", "resource_id", "actor", "book", "occurred_at")
    list_filter = ("book", "occurred_at")
    search_fields = ("id__exact", "resource_id__exact", "trail__exact", "request_id__exact")
    search_help_text = "Id, resource, trail or request"


@admin.register(Finding)
class FindingAdmin(RecordAdmin):
    sheet = "admin/finding.html"
    hidden = ("expected", "observed", "correction", "proposal", "waits_until", "ignored")
    list_display = (
        "id", "kind", "subject", "amount", "proposal", "owner", "opened_at", "resolved_at",
    )  # fmt: skip
    list_filter = ("book", "kind", ("resolved_at", admin.EmptyFieldListFilter))
    search_fields = ("id__exact", "subject__exact", "trail__exact")
    search_help_text = "Id, subject or trail"
    also = ("comments", "seen_by")

    def told(self, record: Finding) -> dict[str, Any]:
        return facts.of(record)

    @admin.display(description="seen by")
    def seen_by(self, finding: Finding) -> str:
        return seen_by(finding)

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
        "id", "act", "subject", "amount", "requested_by", "decided_by", "status", "expires_at",
    )  # fmt: skip
    list_filter = ("status", "act", "book")
    search_fields = ("id__exact", "subject__exact", "about__exact")
    search_help_text = "Id, subject or trail"

    def told(self, record: Approval) -> dict[str, Any]:
        return {"asked": casework.told(record)}


@admin.register(Run)
class RunAdmin(RecordAdmin):
    sheet = "admin/run.html"
    list_display = (
        "id", "part", "status", "compared", "differing", "amount", "book", "started_at",
    )  # fmt: skip
    list_filter = ("part", "status", "book", "started_at")
    search_fields = ("id__exact",)
    search_help_text = "Id"

    def told(self, record: Run) -> dict[str, Any]:
        return histories.of(record)


@admin.register(Sighting)
class SightingAdmin(RecordAdmin):
    list_display = ("id", "run", "finding")
    search_fields = ("run__id__exact", "finding__id__exact")
    search_help_text = "Run or finding"


@admin.register(Closing)
class ClosingAdmin(RecordAdmin):
    sheet = "admin/closing.html"
    hidden = ("sheet",)
    list_display = ("day", "book", "status", "closed_at")
    list_filter = ("status", "book", "day")
    ordering = ("-day",)

    def told(self, record: Closing) -> dict[str, Any]:
        return {"closing": record, "downloads": [(name, _file(record, name)) for name in FILES]}

    def get_urls(self) -> list[Any]:
        download = self.admin_site.admin_view(self.download)
        name = "ledger_closing_download"
        return [path("<int:pk>/sheet.<str:name>", download, name=name), *super().get_urls()]

    def download(self, request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
        """The sheet as a file, for whoever may see it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        record = Closing.across_books.filter(pk=pk).first()
        if record is None or name not in FILES:
            raise Http404
        answer = FILES[name](record)
        answer["Content-Disposition"] = content_disposition_header(
            as_attachment=True, filename=f"close-{record.book_id}-{record.day}.{name}"
        )
        return answer


def _csv(record: Closing) -> HttpResponseBase:
    lines = closing.spreadsheet(record)
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8; header=present")


def _json(record: Closing) -> HttpResponse:
    return JsonResponse({"status": record.status, **record.sheet})


def _file(record: Closing, name: str) -> str:
    return reverse("admin:ledger_closing_download", args=[record.pk, name])


FILES = {"csv": _csv, "json": _json}
