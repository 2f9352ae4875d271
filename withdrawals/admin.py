"""Withdrawals and returns, as operators read them."""

from django.contrib import admin

from ledger.backoffice import RecordAdmin
from withdrawals.models import PayoutReturn, Withdrawal


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


@admin.register(PayoutReturn)
class PayoutReturnAdmin(RecordAdmin):
    list_display = (
        "deposit", "payout", "amount", "outcome", "withdrawal", "deposited_at", "settled_at",
    )  # fmt: skip
    list_filter = ("outcome", ("settled_at", admin.EmptyFieldListFilter), "book", "deposited_at")
    search_fields = ("deposit__exact", "payout__exact", "withdrawal__id__exact")
    search_help_text = "The provider's id of the deposit or payout, or our withdrawal"
