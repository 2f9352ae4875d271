"""Top-ups, deposits and orders, as operators read them."""

from django.contrib import admin

from ledger.backoffice import ANY_BOOK, RecordAdmin
from payments.models import Deposit, Milestone, Order, TopUp


@admin.register(TopUp)
class TopUpAdmin(RecordAdmin):
    tells_a_story = True
    list_display = ("id", "user", "amount", "received", "fee", "status", "reference", "created_at")
    list_filter = ("status", "book", "created_at")
    search_fields = (
        "id__exact", "reference__exact", "user__id__exact", "user__email__iexact",
        "payer_email__iexact",
    )  # fmt: skip
    search_help_text = "Id, Airtm's id, user or e-mail"
    behind = {"reference": ANY_BOOK}


@admin.register(Deposit)
class DepositAdmin(RecordAdmin):
    tells_a_story = True
    list_display = ("id", "user", "amount", "status", "address", "tx_hash", "approval",
                    "created_at")  # fmt: skip
    list_filter = ("status", "book", "created_at")
    search_fields = (
        "id__exact", "user__id__exact", "address__exact", "tx_hash__exact", "cause__exact",
        "approval__exact",
    )  # fmt: skip
    search_help_text = "Id, user, address, hash, operation or approval"


@admin.register(Order)
class OrderAdmin(RecordAdmin):
    tells_a_story = True
    list_display = (
        "id", "title", "buyer", "seller", "amount", "status", "outcome", "auto_release_at",
        "created_at",
    )  # fmt: skip
    list_filter = ("status", "outcome", "book", "created_at")
    search_fields = (
        "id__exact", "client_order_ref__exact", "buyer__id__exact", "seller__id__exact",
        "buyer__email__iexact", "seller__email__iexact",
    )  # fmt: skip
    search_help_text = "Id, the marketplace's reference, user or e-mail"
    behind = {"client_order_ref": ANY_BOOK}


@admin.register(Milestone)
class MilestoneAdmin(RecordAdmin):
    tells_a_story = True
    list_display = ("id", "order", "ref", "title", "amount", "status", "auto_release_at")
    list_filter = ("status", "book", "created_at")
    search_fields = ("id__exact", "order__id__exact", "ref__exact")
    search_help_text = "Id, order or the marketplace's reference"
