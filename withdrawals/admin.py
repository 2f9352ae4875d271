"""Withdrawals, returns and treasury moves, as operators read them."""

from django.contrib import admin

from ledger.backoffice import ANY_BOOK, RecordAdmin
from withdrawals.models import PayoutReturn, TreasuryMove, Withdrawal


@admin.register(Withdrawal)
class WithdrawalAdmin(RecordAdmin):
    tells_a_story = True
    list_display = (
        "id", "user", "amount", "received", "fee", "rail", "status", "reference", "created_at",
    )  # fmt: skip
    list_filter = ("status", "rail", "book", "created_at")
    search_fields = (
        "id__exact", "reference__exact", "user__id__exact", "user__email__iexact",
        "email__iexact", "address__exact", "resolved_address__exact",
    )  # fmt: skip
    search_help_text = "Id, the provider's id or hash, user, e-mail or address"
    behind = {"reference": ANY_BOOK | {"rail__in": Withdrawal.Rail.values}}


@admin.register(TreasuryMove)
class TreasuryMoveAdmin(RecordAdmin):
    tells_a_story = True
    list_display = ("id", "route", "amount", "fee", "status", "source", "target", "created_at")
    list_filter = ("status", "route", "book", "created_at")
    search_fields = (
        "id__exact", "source__exact", "target__exact", "left_as__exact", "arrived_as__exact",
    )  # fmt: skip
    search_help_text = "Id, address, hash or Airtm's id"


@admin.register(PayoutReturn)
class PayoutReturnAdmin(RecordAdmin):
    list_display = (
        "deposit", "payout", "amount", "outcome", "withdrawal", "deposited_at", "settled_at",
    )  # fmt: skip
    list_filter = ("outcome", ("settled_at", admin.EmptyFieldListFilter), "book", "deposited_at")
    search_fields = ("deposit__exact", "payout__exact", "withdrawal__id__exact")
    search_help_text = "The provider's id of the deposit or payout, or our withdrawal"
    behind = {"deposit": ANY_BOOK}
