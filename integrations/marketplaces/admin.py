"""Marketplaces, their keys and their users, as operators read them."""

from django.contrib import admin

from integrations.marketplaces.models import (
    ApiKey,
    AuditEntry,
    IdempotencyKey,
    Maintenance,
    Marketplace,
    User,
)
from ledger.backoffice import ANY_BOOK, RecordAdmin


@admin.register(Marketplace)
class MarketplaceAdmin(RecordAdmin):
    tells_a_story = True
    list_display = ("id", "name", "mode", "platform_fee_bps", "hold_hours", "created_at")
    list_filter = ("mode",)
    search_fields = ("id__exact", "name__icontains")
    search_help_text = "Id or name"


@admin.register(ApiKey)
class ApiKeyAdmin(RecordAdmin):
    hidden = ("digest",)
    list_display = (
        "id", "name", "hint", "marketplace", "scopes", "mode", "created_at", "revoked_at",
    )  # fmt: skip
    list_filter = ("marketplace", "mode", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("id__exact", "name__icontains", "hint__exact")
    search_help_text = "Id, name or last characters"


@admin.register(User)
class UserAdmin(RecordAdmin):
    tells_a_story = True
    list_display = ("id", "external_id", "email", "type", "status", "book", "created_at")
    list_filter = ("status", "type", ("frozen_at", admin.EmptyFieldListFilter), "book")
    search_fields = ("id__exact", "external_id__exact", "email__icontains")
    search_help_text = "Id, the marketplace's own id, or e-mail"
    behind = {"external_id": ANY_BOOK}


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(RecordAdmin):
    hidden = ("fingerprint",)
    list_display = ("key", "marketplace", "status", "resource_id", "created_at")
    list_filter = ("marketplace", "created_at")
    search_fields = ("key__exact",)
    search_help_text = "Key"
    behind = {"key": {"marketplace__in": Marketplace.objects.values("pk")}}


@admin.register(AuditEntry)
class AuditEntryAdmin(RecordAdmin):
    list_display = ("id", "actor", "act", "subject", "address", "book", "created_at")
    list_filter = ("book", "created_at")
    search_fields = ("actor__exact", "subject__exact", "request_id__exact", "act__exact")
    search_help_text = "Actor, subject, request id or act"


@admin.register(Maintenance)
class MaintenanceAdmin(RecordAdmin):
    list_display = ("id", "message", "until", "actor", "since")
