"""Escrows, as operators read them."""

from django.contrib import admin

from escrow.models import Escrow
from ledger.backoffice import RecordAdmin


@admin.register(Escrow)
class EscrowAdmin(RecordAdmin):
    tells_a_story = True
    list_display = (
        "id", "order", "amount", "status", "contract_id", "frozen_at", "created_at",
    )  # fmt: skip
    list_filter = ("status", ("frozen_at", admin.EmptyFieldListFilter), "book", "created_at")
    search_fields = (
        "id__startswith", "order__id__exact", "contract_id__exact", "order__buyer__id__exact",
        "order__seller__id__exact",
    )  # fmt: skip
    search_help_text = "Id, order, contract or user"
