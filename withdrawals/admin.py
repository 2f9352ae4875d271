"""Withdrawals, as operators read them."""

from django.contrib import admin

from ledger.backoffice import RecordAdmin
from withdrawals.models import Withdrawal


@admin.register(Withdrawal)
class WithdrawalAdmin(RecordAdmin):
    tells_a_story = True
    list_display = (
        "id", "user", "amount", "received", "fee", "rail", "status", "reference", "created_at",
    )  # fmt: skip
    list_filter = ("status", "rail", "book", "created_at")
    search_fields = (
        "id__startswith", "reference__exact", "user__id__exact", "user__email__iexact",
        "email__iexact",
    )  # fmt: skip
    search_help_text = "Id, the provider's id, user or e-mail"
